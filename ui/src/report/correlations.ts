/** Correlations: reference, current and their difference as heat maps; and the pairs that changed. */
import { el } from '../shared/el.ts';
import { formatNumber, formatSigned } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { block, switcher, table } from '../shared/table.ts';
import { chart, disposeCharts } from './chart.ts';
import { categoryAxis, frame } from './chart_parts.ts';
import type { CorrelationMethod, Correlations, Num } from './document.ts';

/** A cell under four pixels tells nothing; larger matrices show the columns whose correlations changed most. */
const COLUMNS_MAX = 40;
const NAMES: Record<string, string> = { pearson: 'Pearson', spearman: 'Spearman', kendall: 'Kendall', cramers_v: 'Cramér’s V' };

export function correlations(found: Correlations): HTMLElement {
  const maps = el('div', { class: 'heatmaps' });
  const changed = el('div');
  const show = (name: string): void => {
    disposeCharts(maps);
    const method = found.methods.find((candidate) => candidate.method === name);
    maps.replaceChildren(...(method ? heatmaps(method, method.columns ?? found.columns) : []));
    changed.replaceChildren(changedPairs(found, name));
  };
  const first = found.methods[0];
  if (!first) return block('Correlations', el('p', { class: 'note' }, found.note ?? 'None were computed.'));
  show(first.method);
  const choices = found.methods.map((method): [string, string] => [method.method, NAMES[method.method] ?? method.method]);
  return block('Correlations', choices.length > 1 ? switcher('Correlation', choices, first.method, show) : null, maps, changed,
    found.note ? el('p', { class: 'note' }, found.note) : null);
}

type Matrix = Num[][];

function heatmaps(method: CorrelationMethod, columns: string[]): HTMLElement[] {
  const difference = method.reference && method.current ? subtract(method.current, method.reference) : null;
  const picked = pick(columns, difference);
  const views: [string, Matrix | null][] = [['Reference', method.reference], ['Current', method.current], ['Difference', difference]];
  const known = views.filter((view): view is [string, Matrix] => view[1]?.some((row) => row.some((value) => value !== null)) ?? false);
  if (known.length === 0) return [el('p', { class: 'empty' }, 'No pair has a correlation.')];
  const nodes = known.map(([title, matrix]) => heatmap(title, matrix, columns, picked));
  if (picked.length < columns.length)
    nodes.push(el('p', { class: 'note' }, `The ${picked.length} of ${columns.length} columns whose correlations changed most.`));
  return nodes;
}

function subtract(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => {
    const other = b[i]?.[j] ?? null;
    return value === null || other === null ? null : value - other;
  }));
}

function pick(columns: string[], difference: Matrix | null): number[] {
  const all = columns.map((_, i) => i);
  if (columns.length <= COLUMNS_MAX) return all;
  const largest = (i: number): number => Math.max(0, ...(difference?.[i] ?? []).map((value) => Math.abs(value ?? 0)));
  return all.sort((a, b) => largest(b) - largest(a)).slice(0, COLUMNS_MAX).sort((a, b) => a - b);
}

function heatmap(title: string, matrix: Matrix, columns: string[], picked: number[]): HTMLElement {
  const names = picked.map((i) => columns[i] ?? '');
  const cells = picked.flatMap((row, y) => picked.map((column, x): [number, number, Num] => [x, y, matrix[row]?.[column] ?? null]));
  return chart({
    title, height: 330, label: `Correlations between ${names.length} columns, from -1 to 1.`,
    option: (colors) => ({
      ...frame(colors, { legend: { show: false } }),
      grid: { left: 92, right: 8, top: 8, bottom: 84 },
      xAxis: categoryAxis(colors, names, { axisLine: { show: false }, axisLabel: {
        color: colors.faint, fontSize: 10, rotate: 60, width: 78, overflow: 'truncate', interval: names.length > 20 ? 'auto' : 0 } }),
      yAxis: categoryAxis(colors, names, { inverse: true, axisLine: { show: false }, axisLabel: {
        color: colors.faint, fontSize: 10, width: 84, overflow: 'truncate', interval: names.length > 20 ? 'auto' : 0 } }),
      visualMap: { show: false, min: -1, max: 1, inRange: { color: [colors.low, colors.middle, colors.high] } },
      tooltip: { ...(frame(colors) as { tooltip: object }).tooltip, trigger: 'item', formatter: undefined,
        valueFormatter: (value: Num) => formatNumber(value, 3) },
      series: [{
        type: 'heatmap', data: cells.map(([x, y, value]) => ({ value: [x, y, value ?? '-'], name: `${names[y]} and ${names[x]}` })),
        itemStyle: { borderColor: colors.surface, borderWidth: names.length > 25 ? 0 : 1 }, emphasis: { itemStyle: { borderColor: colors.ink } },
      }],
    }),
    table: () => ({
      head: ['', ...names],
      rows: picked.map((row, y) => [names[y] ?? '', ...picked.map((column) => formatNumber(matrix[row]?.[column], 3))]),
    }),
  });
}

function changedPairs(found: Correlations, method: string): HTMLElement {
  const pairs = found.changed.filter((pair) => pair.method === method);
  if (pairs.length === 0) return el('p', { class: 'empty' }, 'No pair changed notably.');
  return table({
    caption: 'Pairs whose correlation changed', head: ['Pair', 'Reference#', 'Current#', 'Change#'],
    rows: pairs.map((pair) => [`${pair.a} and ${pair.b}`, num(pair.reference), num(pair.current), num(pair.difference, formatSigned)]),
  });
}
