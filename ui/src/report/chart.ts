/** Large charts: ECharts inside a figure with a name, a text alternative, and its data as a table.
 *
 *  A chart is drawn when it first comes into view, again when the theme changes, and let go when its holder leaves the
 *  page. Colours come from the style sheet, so that both themes and paper have theirs. */
import { BarChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { el } from '../shared/el.ts';
import { onThemeChange } from '../shared/theme.ts';

// SVG rather than canvas: sharp on paper, and small enough at the sizes that a report has.
use([BarChart, HeatmapChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent,
  VisualMapComponent, SVGRenderer]);

export interface Colors {
  ink: string;
  faint: string;
  line: string;
  surface: string;
  reference: string;
  current: string;
  drift: string;
  low: string;
  middle: string;
  high: string;
}

export interface ChartSpec {
  title: string;
  /** What the chart shows, in words: its accessible description. */
  label: string;
  height?: number;
  option: (colors: Colors) => EChartsCoreOption;
  /** Rows behind the picture; built when asked for. */
  table: () => { head: string[]; rows: (string | number)[][] };
}

interface Live {
  spec: ChartSpec;
  chart: EChartsType | null;
}

const live = new Map<HTMLElement, Live>();
const whenVisible = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) draw(entry.target as HTMLElement);
}, { rootMargin: '150px' });
const whenResized = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const found = live.get(entry.target as HTMLElement);
    if (entry.target.isConnected) found?.chart?.resize();
  }
});
onThemeChange(() => {
  for (const [holder, { chart }] of live) if (chart) draw(holder);
});

export function chart(spec: ChartSpec): HTMLElement {
  const holder = el('div', {
    class: 'chart', role: 'img', 'aria-label': `${spec.title}. ${spec.label}`, style: `height:${spec.height ?? 260}px` });
  live.set(holder, { spec, chart: null });
  whenVisible.observe(holder);
  whenResized.observe(holder);
  return el('figure', {}, el('figcaption', {}, spec.title), holder, dataTable(spec));
}

/** Draws what is not drawn yet, for printing. */
export function drawAllCharts(root: Element): void {
  for (const [holder, { chart }] of live) if (!chart && root.contains(holder) && holder.offsetParent) draw(holder);
}

/** Lets the charts inside `root` go, before it is dropped. */
export function disposeCharts(root: Element): void {
  for (const [holder, { chart }] of live) {
    if (!root.contains(holder)) continue;
    chart?.dispose();
    whenVisible.unobserve(holder);
    whenResized.unobserve(holder);
    live.delete(holder);
  }
}

function draw(holder: HTMLElement): void {
  const found = live.get(holder);
  if (!found) return;
  whenVisible.unobserve(holder);
  found.chart ??= init(holder, null, { renderer: 'svg' });
  found.chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...found.spec.option(colors()) }, { notMerge: true });
}

function dataTable(spec: ChartSpec): HTMLElement {
  const body = el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${spec.title}: data` });
  const details = el('details', { class: 'chart-data' }, el('summary', {}, 'Data'), body);
  details.addEventListener('toggle', () => {
    if (body.childElementCount > 0) return;
    const { head, rows } = spec.table();
    body.append(el('table', { class: 'data' },
      el('thead', {}, el('tr', {}, head.map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell) => el('td', {}, cell)))))));
  });
  return details;
}

export function colors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: read('ink-2'), faint: read('ink-3'), line: read('line'), surface: read('surface'), reference: read('reference'),
    current: read('current'), drift: read('drift'), low: read('scale-low'), middle: read('scale-middle'), high: read('scale-high'),
  };
}

/** `#rrggbb` with an opacity, for areas. */
export function faded(color: string, opacity: number): string {
  return `${color}${Math.round(opacity * 255).toString(16).padStart(2, '0')}`;
}
