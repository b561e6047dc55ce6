/** Model quality where the target is a number. Errors are prediction minus target. */
import { el } from '../shared/el.ts';
import { formatCount, formatNumber, formatP, formatShare } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { block, section, table } from '../shared/table.ts';
import { chart } from './chart.ts';
import { frame, lineSeries, sideStyle, stepSeries, valueAxis } from './chart_parts.ts';
import type { Num, RegressionMetrics, ReportDocument } from './document.ts';
import { metricTiles, segmentRows, type MetricSpec } from './metric_tiles.ts';
import { shares } from './picture.ts';

type Found = NonNullable<ReportDocument['regression']>;
type Side = 'reference' | 'current';

const METRICS: MetricSpec[] = [
  { key: 'mae', name: 'Mean absolute error', better: 'down' },
  { key: 'rmse', name: 'Root mean squared error', better: 'down' },
  { key: 'me', name: 'Mean error', better: 'zero' },
  { key: 'mape', name: 'Mean absolute error, %', better: 'down' },
  { key: 'r2', name: 'R²', better: 'up' },
  { key: 'max_abs_error', name: 'Largest error', better: 'down' },
];

export function regression(doc: ReportDocument): HTMLElement | null {
  const found = doc.regression;
  if (!found) return null;
  const id = doc.classification ? 'model-quality-regression' : 'model-quality';
  return section(id, doc.classification ? 'Model quality, regression' : 'Model quality',
    `${found.prediction} against ${found.target}. Errors are prediction minus target.`,
    metricTiles(METRICS, found.reference, found.current, found.current?.dummy ?? found.reference?.dummy),
    normality(found),
    el('div', { class: 'charts' }, predictedVsActual(found), residuals(found), quantilePlot(found)),
    errorBias(found), segments(found));
}

function sides(found: Found): [Side, RegressionMetrics][] {
  return (['reference', 'current'] as const).flatMap((side): [Side, RegressionMetrics][] => {
    const metrics = found[side];
    return metrics ? [[side, metrics]] : [];
  });
}

function normality(found: Found): HTMLElement | null {
  const words = sides(found).filter(([, metrics]) => typeof metrics.normality?.p_value === 'number').map(([side, { normality: test }]) =>
    `${side} ${test!.p_value! < 0.05 ? 'not normal' : 'compatible with normal'} (${test!.method.replace(/_/g, ' ')}, p ${formatP(test!.p_value)})`);
  return words.length === 0 ? null : el('p', { class: 'axis-note' }, `Shape of the errors: ${words.join('; ')}.`);
}

function predictedVsActual(found: Found): HTMLElement | null {
  const clouds = sides(found).map(([side, metrics]) => [side, pairs(metrics.predicted_vs_actual?.actual, metrics.predicted_vs_actual?.predicted)] as const)
    .filter(([, points]) => points.length > 0);
  const all = clouds.flatMap(([, points]) => points.flat());
  if (all.length === 0) return null;
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return scatter('Predicted against actual', 'Each point a row; on the diagonal the prediction is right.', 'Actual', 'Predicted', clouds, [[low, low], [high, high]]);
}

/** Points of a normal distribution lie on the line through the quartiles' slope; here errors are standardised, so y = x. */
function quantilePlot(found: Found): HTMLElement | null {
  const clouds = sides(found).map(([side, metrics]) => [side, pairs(metrics.qq?.theoretical, metrics.qq?.observed)] as const)
    .filter(([, points]) => points.length > 0);
  if (clouds.length === 0) return null;
  const line = clouds.map(([, points]) => points).at(-1)!;
  return scatter('Errors against normal quantiles', 'A straight line means normally distributed errors.', 'Normal quantile', 'Error quantile', clouds, quartileLine(line));
}

/** The line through the first and third quartile points, as in R's qqline. */
function quartileLine(points: [number, number][]): [number, number][] {
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  const at = (share: number): [number, number] => sorted[Math.round(share * (sorted.length - 1))] ?? [0, 0];
  const [[x1, y1], [x3, y3]] = [at(0.25), at(0.75)];
  if (x1 === x3) return [];
  const slope = (y3 - y1) / (x3 - x1);
  return [at(0), at(1)].map(([x]) => [x, y1 + slope * (x - x1)]);
}

function pairs(x: number[] | undefined, y: number[] | undefined): [number, number][] {
  return (x ?? []).flatMap((value, i): [number, number][] => {
    const other = y?.[i];
    return other === undefined ? [] : [[value, other]];
  });
}

function scatter(title: string, label: string, x: string, y: string, clouds: (readonly [Side, [number, number][]])[],
  line: [number, number][]): HTMLElement {
  return chart({
    title, label, height: 290,
    option: (colors) => frame(colors, {
      xAxis: valueAxis(colors, { name: x, scale: true }, true), yAxis: valueAxis(colors, { name: y, scale: true }, false),
      series: [
        ...clouds.map(([side, points]) => {
          const look = sideStyle(colors, side);
          return { type: 'scatter', name: look.name, color: look.color, data: points, symbolSize: 4, itemStyle: { opacity: 0.55 } };
        }),
        lineSeries({ name: 'Ideal', color: colors.faint }, line, { lineStyle: { width: 1, type: 'dashed' }, silent: true }),
      ],
      tooltip: { ...(frame(colors) as { tooltip: object }).tooltip, trigger: 'item',
        formatter: ({ value }: { value: [number, number] }) => `${x} ${formatNumber(value[0])}<br>${y} ${formatNumber(value[1])}` },
    }),
    table: () => ({ head: ['Side', x, y], rows: clouds.flatMap(([side, points]) => points.map(([a, b]) => [side, formatNumber(a), formatNumber(b)])) }),
  });
}

function residuals(found: Found): HTMLElement | null {
  const known = sides(found).filter(([, metrics]) => (metrics.residuals?.edges.length ?? 0) > 1);
  if (known.length === 0) return null;
  return chart({
    title: 'Errors', label: 'Histogram of prediction minus target, share of rows.', height: 290,
    option: (colors) => frame(colors, {
      xAxis: valueAxis(colors, { name: 'Error', scale: true }, true), yAxis: valueAxis(colors, { share: true }, false),
      series: known.map(([side, metrics]) =>
        stepSeries(sideStyle(colors, side), metrics.residuals!.edges, shares(metrics.residuals!.counts), side === 'reference')),
      tooltip: { ...(frame(colors) as { tooltip: object }).tooltip, valueFormatter: (value: Num) => formatShare(value) },
    }),
    table: () => ({ head: ['Side', 'From', 'To', 'Rows'], rows: known.flatMap(([side, { residuals: found_ }]) =>
      found_!.counts.map((count, i) => [side, formatNumber(found_!.edges[i]), formatNumber(found_!.edges[i + 1]), formatCount(count)])) }),
  });
}

function errorBias(found: Found): HTMLElement | null {
  if (!found.error_bias || found.error_bias.length === 0) return null;
  return block('Where the errors are', el('p', { class: 'axis-note' },
    'Mean of each feature where the model predicts far too low, about right, and far too high (5 % tails).'),
  table({
    caption: 'Error bias by feature', head: ['Feature', 'Too low#', 'About right#', 'Too high#', 'Difference, share of range#'],
    rows: found.error_bias.map((row) => [row.column, num(row.under_mean), num(row.majority_mean), num(row.over_mean), num(row.range_share, formatShare)]),
  }));
}

function segments(found: Found): HTMLElement | null {
  if (!found.segments || found.segments.length === 0) return null;
  return block('By segment', table({
    caption: 'Quality by segment', head: ['Segment', 'Rows#', ...METRICS.map(({ name }) => `${name}#`)],
    rows: segmentRows(METRICS, found.segments) }));
}
