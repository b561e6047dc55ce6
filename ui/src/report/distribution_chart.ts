/** A column's two sides in full: histogram outlines or category bars; and its course over the window. */
import { formatCount, formatNumber, formatShare, formatTime } from '../shared/format.ts';
import { chart, type ChartSpec, type Colors } from './chart.ts';
import { categoryAxis, frame, lineSeries, markLine, sideStyle, stepSeries, valueAxis } from './chart_parts.ts';
import { chosenDrift, columnTitle, isDrifted, numberAt, type Column, type Distribution, type Num, type OverTime } from './document.ts';
import { methodName } from './methods.ts';
import { shares } from './picture.ts';

export function distributionChart(column: Column): HTMLElement | null {
  const distribution = column.distribution;
  if (!distribution) return null;
  const spec = distribution.kind === 'categories' ? categories(column, distribution) : histogram(column, distribution);
  return spec ? chart(spec) : null;
}

function histogram(column: Column, distribution: Distribution): ChartSpec | null {
  const edges = distribution.edges ?? [];
  const reference = shares(distribution.reference);
  const current = shares(distribution.current);
  if (edges.length < 2 || reference.length + current.length === 0) return null;
  return {
    title: 'Distribution', height: 280,
    label: `Histogram of ${columnTitle(column.name)}, share of rows in ${edges.length - 1} bins, reference and current.`,
    option: (colors) => frame(colors, {
      xAxis: valueAxis(colors, { min: edges[0]!, max: edges[edges.length - 1]! }, true),
      yAxis: valueAxis(colors, { share: true }, false),
      series: [
        stepSeries(sideStyle(colors, 'reference'), edges, reference, true),
        { ...stepSeries(sideStyle(colors, 'current', isDrifted(column)), edges, current, false),
          markLine: meanLine(column, colors) },
      ],
      tooltip: { ...(frame(colors) as { tooltip: object }).tooltip,
        formatter: (hits: { dataIndex: number }[]) => binText(distribution, Math.min(hits[0]?.dataIndex ?? 0, edges.length - 2)) },
    }),
    table: () => ({
      head: ['From', 'To', 'Reference rows', 'Current rows'],
      rows: edges.slice(0, -1).map((from, i) => [
        formatNumber(from), formatNumber(edges[i + 1]), formatCount(distribution.reference?.[i]), formatCount(distribution.current?.[i])]),
    }),
  };
}

function meanLine(column: Column, colors: Colors): object | undefined {
  const mean = numberAt(column.quality?.current, 'mean');
  return mean === null ? undefined : markLine(colors, 'x', mean, 'mean');
}

function binText(distribution: Distribution, i: number): string {
  const edges = distribution.edges ?? [];
  const side = (name: string, counts: number[] | null): string =>
    `${name} ${formatShare(shares(counts)[i] ?? null)} (${formatCount(counts?.[i])} rows)`;
  return `${formatNumber(edges[i])} to ${formatNumber(edges[i + 1])}<br>${side('Reference', distribution.reference)}<br>` +
    side('Current', distribution.current);
}

function categories(column: Column, distribution: Distribution): ChartSpec | null {
  const names = distribution.categories ?? [];
  if (names.length === 0) return null;
  const bar = (colors: Colors, side: 'reference' | 'current'): object => {
    const look = sideStyle(colors, side, isDrifted(column));
    return { type: 'bar', name: look.name, color: look.color, data: shares(distribution[side]), barMaxWidth: 14, barGap: '10%' };
  };
  return {
    title: 'Distribution', height: Math.max(160, 60 + names.length * 34),
    label: `Share of rows by category of ${columnTitle(column.name)}, reference and current.`,
    option: (colors) => frame(colors, {
      grid: { left: 124, right: 16, top: 30, bottom: 28 },
      xAxis: { ...valueAxis(colors, { share: true }, true), splitLine: { show: true, lineStyle: { color: colors.line } } },
      yAxis: categoryAxis(colors, names, { inverse: true }),
      series: [bar(colors, 'reference'), bar(colors, 'current')],
      tooltip: { ...(frame(colors) as { tooltip: object }).tooltip, valueFormatter: (value: Num) => formatShare(value) },
    }),
    table: () => ({
      head: ['Category', 'Reference rows', 'Current rows'],
      rows: names.map((name, i) => [name, formatCount(distribution.reference?.[i]), formatCount(distribution.current?.[i])]),
    }),
  };
}

/** Score and mean by slice of the current window, and missing values where there are any. */
export function overTimeCharts(column: Column): HTMLElement[] {
  const course = column.over_time;
  if (!course || course.from.length === 0) return [];
  const chosen = chosenDrift(column);
  const limit = chosen?.method === course.method ? chosen.threshold : null;
  const charts = [courseChart(course, course.score, {
    title: `${methodName(course.method)} over the window`, name: chosen?.score_kind === 'p_value' && limit !== null ? 'p-value' : 'Score',
    line: limit, lineText: 'limit', share: false })];
  if (course.mean?.some((value) => value !== null))
    charts.push(courseChart(course, course.mean, { title: 'Mean over the window', name: 'Mean',
      line: numberAt(column.quality?.reference, 'mean'), lineText: 'reference', share: false }));
  if (course.missing_share?.some((value) => value !== null && value > 0))
    charts.push(courseChart(course, course.missing_share, { title: 'Missing over the window', name: 'Missing',
      line: numberAt(column.quality?.reference, 'missing_share'), lineText: 'reference', share: true }));
  return charts;
}

interface CourseSpec {
  title: string;
  name: string;
  line: Num;
  lineText: string;
  share: boolean;
}

function courseChart(course: OverTime, values: Num[], spec: CourseSpec): HTMLElement {
  const format = spec.share ? formatShare : formatNumber;
  const names = course.from.map((from, i) => sliceName(from, course.to[i]));
  return chart({
    title: spec.title, height: 170, label: `${spec.name} in ${values.length} slices of the current window.`,
    option: (colors) => frame(colors, {
      grid: { left: 52, right: 12, top: 14, bottom: 28 }, legend: { show: false },
      xAxis: categoryAxis(colors, names, { axisLabel: { color: colors.faint, fontSize: 11, hideOverlap: true,
        formatter: (text: string) => text.split(' to ')[0] } }),
      yAxis: valueAxis(colors, { share: spec.share, scale: !spec.share }, false),
      series: [{
        ...lineSeries({ name: spec.name, color: colors.current }, []), data: values, showSymbol: true, symbolSize: 5,
        markLine: spec.line === null ? undefined : markLine(colors, 'y', spec.line, spec.lineText),
      }],
      tooltip: { ...(frame(colors) as { tooltip: object }).tooltip, valueFormatter: (value: Num) => format(value) },
    }),
    table: () => ({ head: [course.unit === 'time' ? 'Time' : 'Rows', spec.name], rows: names.map((name, i) => [name, format(values[i])]) }),
  });
}

function sliceName(from: number | string, to: number | string | undefined): string {
  const name = (bound: number | string | undefined): string =>
    typeof bound === 'number' ? formatCount(bound) : formatTime(bound).replace(' UTC', '');
  return `${name(from)} to ${name(to)}`;
}
