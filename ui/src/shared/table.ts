/** Plain tables that scroll inside their own frame when the page is narrow. */
import { el, type Child } from './el.ts';

export interface TableSpec {
  caption: string;
  /** Text before the first "#" heads the column; a column whose head ends in "#" holds numbers, aligned right. */
  head: string[];
  rows: Child[][];
  class?: string;
}

export function table(spec: TableSpec): HTMLElement {
  const isNumeric = spec.head.map((text) => text.endsWith('#'));
  const cellClass = (i: number): string | null => (isNumeric[i] ? 'right' : null);
  return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${spec.caption}, table` },
    el('table', { class: `data ${spec.class ?? ''}` },
      el('caption', { class: 'visually-hidden' }, spec.caption),
      el('thead', {}, el('tr', {}, spec.head.map((text, i) => text === ''
        ? el('td') : el('th', { scope: 'col', class: cellClass(i) }, text.replace(/#$/, ''))))),
      el('tbody', {}, spec.rows.map((row) => el('tr', {}, row.map((cell, i) => i === 0
        ? el('th', { scope: 'row', class: cellClass(0) }, cell) : el('td', { class: cellClass(i) }, cell)))))));
}

/** A heading with its content, reachable by #id. */
export function section(id: string, title: string, lead: Child, ...content: Child[]): HTMLElement {
  return el('section', { id, 'aria-labelledby': `${id}-title` },
    el('header', { class: 'section-head' }, el('h2', { id: `${id}-title` }, title), lead ? el('p', { class: 'lead' }, lead) : null),
    ...content);
}

export function block(title: string, ...content: Child[]): HTMLElement {
  return el('div', { class: 'block' }, el('h3', {}, title), ...content);
}

/** One of a few views, chosen by buttons that say which is pressed. */
export function switcher<T extends string>(label: string, choices: [T, string][], first: T, onChoice: (choice: T) => void): HTMLElement {
  const buttons = choices.map(([choice, text]) => el('button', {
    type: 'button', 'aria-pressed': String(choice === first),
    onclick: () => {
      buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(choices[i]?.[0] === choice)));
      onChoice(choice);
    },
  }, text));
  return el('div', { class: 'switcher', role: 'group', 'aria-label': label }, buttons);
}
