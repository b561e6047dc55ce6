/** What all charts share: axes, tooltip, legend, and the two sides' looks. */
import type { EChartsCoreOption } from 'echarts/core';
import { formatNumber, formatShare } from '../shared/format.ts';
import { faded, type Colors } from './chart.ts';

type Part = Record<string, unknown>;

export interface AxisSpec {
  name?: string;
  share?: boolean;
  min?: number | string;
  max?: number | string;
  /** Axis starts at the data instead of at zero. */
  scale?: boolean;
}

export function valueAxis(colors: Colors, spec: AxisSpec, isHorizontal: boolean): Part {
  const { name, share, ...rest } = spec;
  return {
    type: 'value', ...rest, name, nameLocation: 'middle', nameGap: isHorizontal ? 26 : 44,
    nameTextStyle: { color: colors.faint, fontSize: 11 },
    axisLine: { show: isHorizontal, lineStyle: { color: colors.line } }, axisTick: { show: false },
    axisLabel: { color: colors.faint, fontSize: 11, hideOverlap: true,
      formatter: (value: number) => (share ? formatShare(value) : formatNumber(value)) },
    splitLine: { show: !isHorizontal, lineStyle: { color: colors.line } }, splitNumber: isHorizontal ? 5 : 4,
  };
}

export function categoryAxis(colors: Colors, names: string[], more: Part = {}): Part {
  return {
    type: 'category', data: names, axisLine: { lineStyle: { color: colors.line } }, axisTick: { show: false },
    axisLabel: { color: colors.faint, fontSize: 11, hideOverlap: true, overflow: 'truncate', width: 110 }, ...more,
  };
}

export function frame(colors: Colors, more: Part = {}): EChartsCoreOption {
  return {
    grid: { left: 52, right: 12, top: 30, bottom: 40 },
    legend: { top: 0, right: 0, itemWidth: 14, itemHeight: 8, icon: 'roundRect', textStyle: { color: colors.ink, fontSize: 11 } },
    tooltip: {
      trigger: 'axis', confine: true, backgroundColor: colors.surface, borderColor: colors.line, borderWidth: 1, padding: [6, 10],
      textStyle: { color: colors.ink, fontSize: 12 }, axisPointer: { lineStyle: { color: colors.faint } },
      extraCssText: 'box-shadow:0 4px 16px rgb(0 0 0/.12);border-radius:8px', renderMode: 'html',
    },
    ...more,
  };
}

/** Reference grey, current coloured; `isDrifted` makes the current side stand out. */
export function sideStyle(colors: Colors, side: 'reference' | 'current', isDrifted = false): { name: string; color: string } {
  if (side === 'reference') return { name: 'Reference', color: colors.reference };
  return { name: 'Current', color: isDrifted ? colors.drift : colors.current };
}

/** A histogram's outline on a number axis: each share holds from its edge to the next. */
export function stepSeries(look: { name: string; color: string }, edges: number[], values: number[], isFilled: boolean): Part {
  const points = values.map((value, i) => [edges[i], value]);
  const last = values[values.length - 1];
  if (last !== undefined) points.push([edges[values.length], last]);
  return {
    type: 'line', step: 'end', name: look.name, data: points, showSymbol: false, color: look.color,
    lineStyle: { width: isFilled ? 0 : 1.8 }, areaStyle: { color: faded(look.color, isFilled ? 0.45 : 0.12) },
  };
}

export function lineSeries(look: { name: string; color: string }, points: [number, number | null][], more: Part = {}): Part {
  return { type: 'line', name: look.name, data: points, showSymbol: false, color: look.color, lineStyle: { width: 1.8 }, ...more };
}

export function markLine(colors: Colors, axis: 'x' | 'y', value: number, text: string): Part {
  return {
    silent: true, symbol: 'none', lineStyle: { color: colors.faint, type: 'dashed', width: 1 },
    label: { formatter: text, color: colors.faint, fontSize: 11, position: axis === 'y' ? 'insideEndTop' : 'end' },
    data: [{ [`${axis}Axis`]: value }],
  };
}
