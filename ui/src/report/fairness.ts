/** Fairness between groups. Its keys depend on the task, so the page shows whatever the document carries: numbers as
 *  tiles, lists of records as tables. */
import { el, type Child } from '../shared/el.ts';
import { formatNumber, humanise } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { block, section, table } from '../shared/table.ts';
import type { ReportDocument } from './document.ts';

type Record_ = Record<string, unknown>;

export function fairness(doc: ReportDocument): HTMLElement | null {
  if (!doc.fairness) return null;
  const entries = (Array.isArray(doc.fairness) ? doc.fairness : [doc.fairness]).filter(isRecord);
  if (entries.length === 0) return null;
  return section('fairness', 'Fairness', null, entries.map((entry) => group(entry)));
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function group(entry: Record_): Child {
  const { column, reference_group: reference, note, ...rest } = entry;
  const numbers = Object.entries(rest).filter(([, value]) => typeof value === 'number');
  const texts = Object.entries(rest).filter(([, value]) => typeof value === 'string' || typeof value === 'boolean');
  const nested = Object.entries(rest).filter(([, value]) => typeof value === 'object' && value !== null);
  return el('div', { class: 'block' },
    el('h3', {}, column ? `By ${String(column)}` : 'Groups', reference ? el('small', {}, ` against ${String(reference)}`) : null),
    note ? el('p', { class: 'note' }, String(note)) : null,
    texts.map(([key, value]) => el('p', { class: 'axis-note' }, `${humanise(key)}: ${String(value)}`)),
    numbers.length > 0 ? el('div', { class: 'tiles' }, numbers.map(([key, value]) => el('div', { class: 'tile' },
      el('p', { class: 'tile-name' }, humanise(key)), el('p', { class: 'tile-value' }, num(value as number))))) : null,
    nested.map(([key, value]) => nestedTable(key, value)));
}

function nestedTable(key: string, value: unknown): HTMLElement | null {
  const records = Array.isArray(value) ? value.filter(isRecord)
    : Object.entries(value as Record_).map(([name, inner]): Record_ => (isRecord(inner) ? { '': name, ...inner } : { '': name, value: inner }));
  const heads = [...new Set(records.flatMap((record) => Object.keys(record)))];
  if (heads.length === 0) return null;
  const isNumeric = (head: string): boolean => records.some((record) => typeof record[head] === 'number');
  return block(humanise(key), table({
    caption: humanise(key), head: heads.map((head) => `${humanise(head)}${isNumeric(head) ? '#' : ''}`),
    rows: records.map((record) => heads.map((head) => cell(record[head]))) }));
}

function cell(value: unknown): Child {
  if (value === null || value === undefined || typeof value === 'number') return num(value, formatNumber);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
