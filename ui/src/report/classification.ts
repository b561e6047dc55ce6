/** Model quality where the target is a class. */
import { el, type Child } from '../shared/el.ts';
import { formatCount, formatNumber, formatShare, humanise } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { block, section, table } from '../shared/table.ts';
import { chart, type ChartSpec, type Colors } from './chart.ts';
import { frame, lineSeries, sideStyle, valueAxis } from './chart_parts.ts';
import type { ClassificationMetrics, Num, ReportDocument } from './document.ts';
import { metricTiles, segmentRows, type MetricSpec } from './metric_tiles.ts';
import { total } from './words.ts';

type Found = NonNullable<ReportDocument['classification']>;
type Side = 'reference' | 'current';
type Points = [number, number | null][];

const METRICS: MetricSpec[] = [
  { key: 'accuracy', name: 'Accuracy', better: 'up' },
  { key: 'balanced_accuracy', name: 'Balanced accuracy', better: 'up' },
  { key: 'precision', name: 'Precision', better: 'up' },
  { key: 'recall', name: 'Recall', better: 'up' },
  { key: 'f1', name: 'F1', better: 'up' },
  { key: 'mcc', name: 'Matthews correlation', better: 'up' },
  { key: 'roc_auc', name: 'ROC AUC', better: 'up' },
  { key: 'average_precision', name: 'Average precision', better: 'up' },
  { key: 'log_loss', name: 'Log loss', better: 'down' },
  { key: 'brier', name: 'Brier score', better: 'down' },
  { key: 'ece', name: 'Calibration error', better: 'down' },
  { key: 'fpr', name: 'False positive rate', better: 'down' },
  { key: 'fnr', name: 'False negative rate', better: 'down' },
];
const SEGMENT_METRICS = METRICS.filter(({ key }) => ['accuracy', 'precision', 'recall', 'f1', 'roc_auc', 'log_loss'].includes(key));

export function classification(doc: ReportDocument): HTMLElement | null {
  const found = doc.classification;
  if (!found) return null;
  const lead = `${humanise(found.task)}: ${found.prediction} against ${found.target}` +
    `${found.positive ? `, positive label ${found.positive}` : ''}.`;
  return section('model-quality', 'Model quality', lead,
    metricTiles(METRICS, found.reference, found.current, found.current?.dummy ?? found.reference?.dummy),
    el('div', { class: 'pair' }, confusion(found, 'current'), confusion(found, 'reference')),
    el('div', { class: 'charts' }, curves(found)),
    el('div', { class: 'pair' }, byLabel(found), averages(found)),
    segments(found));
}

function sides(found: Found): [Side, ClassificationMetrics][] {
  return (['reference', 'current'] as const).flatMap((side): [Side, ClassificationMetrics][] => {
    const metrics = found[side];
    return metrics ? [[side, metrics]] : [];
  });
}

/** Rows are what was, columns what was said; shading by share of the row, so that rare labels show too. */
function confusion(found: Found, side: Side): HTMLElement | null {
  const counts = found[side]?.confusion ?? [];
  if (counts.length === 0) return null;
  const labels = found.labels;
  const rows = counts.map((row, i): Child[] => {
    const all = total(row);
    return [labels[i] ?? '', ...row.map((count, j) => {
      const share = all === 0 ? 0 : count / all;
      return el('span', { class: i === j ? 'heat is-right' : 'heat', style: `--share:${share.toFixed(3)}`, title: formatShare(share) },
        formatCount(count));
    })];
  });
  return block(`Confusion, ${side}`, el('p', { class: 'axis-note' }, `Rows: ${found.target}. Columns: ${found.prediction}. Shade: share of the row.`),
    table({ caption: `Confusion matrix, ${side}`, head: ['', ...labels.map((label) => `${label}#`)], rows, class: 'confusion' }));
}

interface CurveSpec {
  title: string;
  label: string;
  x: string;
  y: string;
  read: (metrics: ClassificationMetrics) => Points | null;
  /** What guessing, or perfect calibration, would draw. */
  baseline: Points | null;
  options?: { symbols?: boolean; yMax?: number };
}

function curves(found: Found): HTMLElement[] {
  const diagonal: Points = [[0, 0], [1, 1]];
  const specs: CurveSpec[] = [
    { title: 'ROC curve', label: 'True positive rate against false positive rate.', x: 'False positive rate', y: 'True positive rate',
      read: ({ roc }) => (roc ? zip(roc.fpr, roc.tpr) : null), baseline: diagonal },
    { title: 'Precision and recall', label: 'Precision against recall.', x: 'Recall', y: 'Precision',
      read: ({ pr }) => (pr ? zip(pr.recall, pr.precision) : null), baseline: null },
    { title: 'Calibration', label: 'Observed share of positives against the mean predicted probability.', x: 'Predicted', y: 'Observed',
      read: ({ calibration }) => calibration?.filter((bin) => bin.mean_predicted !== null)
        .map((bin): [number, Num] => [bin.mean_predicted!, bin.observed]) ?? null, baseline: diagonal, options: { symbols: true } },
    { title: 'Gain', label: 'Share of all positives found in the share of rows with the highest probability.', x: 'Share of rows', y: 'Positives found',
      read: ({ lift }) => lift?.map((step): [number, Num] => [step.share, step.captured]) ?? null, baseline: diagonal },
  ];
  return specs.map((spec) => curve(found, spec)).filter((node) => node !== null);
}

function zip(x: number[], y: number[]): Points {
  return x.map((value, i) => [value, y[i] ?? null]);
}

function curve(found: Found, spec: CurveSpec): HTMLElement | null {
  const lines = sides(found).map(([side, metrics]) => [side, spec.read(metrics)] as const)
    .filter((line): line is readonly [Side, Points] => line[1] !== null && line[1].length > 0);
  if (lines.length === 0) return null;
  const draw: ChartSpec['option'] = (colors: Colors) => frame(colors, {
    xAxis: valueAxis(colors, { min: 0, max: 1, name: spec.x }, true),
    yAxis: valueAxis(colors, { min: 0, max: 1, name: spec.y }, false),
    series: [
      ...lines.map(([side, points]) => lineSeries(sideStyle(colors, side), points, spec.options?.symbols ? { showSymbol: true, symbolSize: 6 } : {})),
      ...(spec.baseline ? [lineSeries({ name: 'Baseline', color: colors.faint }, spec.baseline,
        { lineStyle: { width: 1, type: 'dashed' }, silent: true, tooltip: { show: false } })] : []),
    ],
    tooltip: { ...(frame(colors) as { tooltip: object }).tooltip, valueFormatter: (value: Num) => formatNumber(value, 3) },
  });
  return chart({
    title: spec.title, label: spec.label, height: 270, option: draw,
    table: () => ({ head: ['Side', spec.x, spec.y],
      rows: lines.flatMap(([side, points]) => points.map(([x, y]) => [side, formatNumber(x), formatNumber(y)])) }),
  });
}

function byLabel(found: Found): HTMLElement | null {
  const current = found.current?.by_label ?? found.reference?.by_label ?? [];
  if (current.length === 0) return null;
  const before = new Map((found.current ? found.reference?.by_label ?? [] : []).map((row) => [row.label, row]));
  return block('By label', table({
    caption: 'Quality by label', head: ['Label', 'Precision#', 'Recall#', 'F1#', 'F1 was#', 'Rows#'],
    rows: current.map((row) => [row.label, num(row.precision), num(row.recall), num(row.f1), num(before.get(row.label)?.f1), num(row.support, formatCount)]),
  }));
}

function averages(found: Found): HTMLElement | null {
  const rows = sides(found).flatMap(([side, metrics]) => Object.entries(metrics.averages ?? {}).map(([kind, values]): Child[] =>
    [`${humanise(kind)}, ${side}`, num(values.precision), num(values.recall), num(values.f1)]));
  if (rows.length === 0) return null;
  return block('Averages over labels', table({ caption: 'Averages over labels', head: ['Average', 'Precision#', 'Recall#', 'F1#'], rows }));
}

function segments(found: Found): HTMLElement | null {
  if (!found.segments || found.segments.length === 0) return null;
  return block('By segment', table({
    caption: 'Quality by segment', head: ['Segment', 'Rows#', ...SEGMENT_METRICS.map(({ name }) => `${name}#`)],
    rows: segmentRows(SEGMENT_METRICS, found.segments),
  }));
}
