/** Headline metrics as tiles: current, reference, and which way is better. */
import { el } from '../shared/el.ts';
import { formatNumber, formatSigned } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { numberAt, type Num } from './document.ts';

export interface MetricSpec {
  key: string;
  name: string;
  /** 'up': more is better; 'down': less is; 'zero': nearer to zero is. */
  better: 'up' | 'down' | 'zero';
}

type Metrics = Record<string, unknown> | null;

export function metricTiles(specs: MetricSpec[], reference: Metrics, current: Metrics, dummy?: Record<string, Num> | null): HTMLElement {
  const shown = specs.filter(({ key }) => numberAt(reference, key) !== null || numberAt(current, key) !== null);
  if (shown.length === 0) return el('p', { class: 'empty' }, 'No metric has a value.');
  return el('div', { class: 'tiles' }, shown.map((spec) =>
    tile(spec, numberAt(reference, spec.key), numberAt(current, spec.key), dummy?.[spec.key] ?? null)));
}

function tile(spec: MetricSpec, from: Num, to: Num, dummy: Num): HTMLElement {
  const main = to ?? from;
  return el('div', { class: 'tile' },
    el('p', { class: 'tile-name' }, spec.name),
    el('p', { class: 'tile-value' }, num(main)),
    el('p', { class: 'tile-note' },
      to === null ? 'reference only' : from === null ? null : ['was ', num(from), ' ', delta(spec, from, to)]),
    dummy === null ? null : el('p', { class: 'tile-note' }, 'guessing gives ', num(dummy)));
}

function delta(spec: MetricSpec, from: number, to: number): HTMLElement | null {
  const gain = spec.better === 'up' ? to - from : spec.better === 'down' ? from - to : Math.abs(from) - Math.abs(to);
  if (gain === 0) return null;
  return el('span', { class: gain > 0 ? 'delta is-better' : 'delta is-worse', title: String(to - from) },
    `${formatSigned(to - from, 2)} ${gain > 0 ? 'better' : 'worse'}`);
}

/** The same metrics as rows: one per segment, beside the whole. */
export function segmentRows(specs: MetricSpec[], segments: { column: string; value: string; rows: number; metrics: Metrics }[]): HTMLElement[][] {
  return segments.map((segment) => [
    el('span', {}, `${segment.column} = ${segment.value}`), num(segment.rows),
    ...specs.map(({ key }) => num(numberAt(segment.metrics, key), (value) => formatNumber(value, 3)))]);
}
