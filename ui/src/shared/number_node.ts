/** A formatted number whose title is the exact value, as the document has it. */
import { el } from './el.ts';
import { formatNumber, type MaybeNumber } from './format.ts';

export function num(value: MaybeNumber, format: (value: MaybeNumber) => string = formatNumber): HTMLElement {
  const text = format(value);
  const exact = typeof value === 'number' ? String(value) : null;
  return el('span', { class: exact === null ? 'num none' : 'num', title: exact === text ? null : exact }, text);
}
