/** The table of columns: search, filter, sort, open. Rows are built in chunks as the reader scrolls, details when
 *  opened, so that a thousand columns open as fast as ten. */
import { el, replace, svg, type Child } from '../shared/el.ts';
import { formatP, formatShare, plural } from '../shared/format.ts';
import { icon } from '../shared/icon.ts';
import { num } from '../shared/number_node.ts';
import { section, switcher } from '../shared/table.ts';
import { disposeCharts, drawAllCharts } from './chart.ts';
import { columnDetail, driftChip } from './column_detail.ts';
import { chosenDrift, columnTitle, isDrifted, numberAt, type Column, type Drift, type ReportDocument } from './document.ts';
import { effectName, methodName } from './methods.ts';
import { drawAllPictures, picture } from './picture.ts';
import { changeSentence, effectMagnitude, sizeRank } from './words.ts';

const CHUNK_ROWS = 60;
/** Paper gets the details of this many drifted columns; more would be a book. */
const PRINT_DETAILS_MAX = 12;

type SortKey = 'position' | 'name' | 'type' | 'verdict' | 'score' | 'p' | 'effect' | 'missing';
type Show = 'all' | 'drifted' | 'findings';

const HEADS: [SortKey | null, string, string][] = [
  ['name', 'Column', ''], ['type', 'Type', ''], [null, 'Distribution', ''], ['verdict', 'Verdict', ''], ['score', 'Score', 'right'],
  ['p', 'p-value', 'right'], ['effect', 'Effect', ''], [null, 'Change', ''], ['missing', 'Missing', 'right'],
];
const TYPE_NAMES: Record<string, string> = {
  num: 'number', cat: 'category', bool: 'yes/no', datetime: 'time', text: 'text', id: 'id',
};

interface Row {
  column: Column;
  position: number;
  node: HTMLTableRowElement;
  button: HTMLButtonElement;
  detail: HTMLTableRowElement | null;
}

export class ColumnsTable {
  readonly node: HTMLElement;
  private readonly rows = new Map<Column, Row>();
  private readonly body = el('tbody', { role: 'rowgroup' });
  private readonly counter = el('p', { class: 'counter', role: 'status' });
  private readonly more = el('div', { class: 'more' });
  private readonly search = el('input', {
    type: 'search', placeholder: 'Find a column', 'aria-label': 'Find a column', autocomplete: 'off', spellcheck: 'false' });
  private readonly heads = new Map<SortKey, HTMLElement>();
  private shown: Column[] = [];
  private rendered = 0;
  private query = '';
  private show: Show = 'all';
  private type = '';
  private sort: { key: SortKey; isDescending: boolean };
  private showButtons: HTMLElement | null = null;
  private readonly typeSelect: HTMLSelectElement;

  constructor(private readonly doc: ReportDocument) {
    this.sort = { key: 'position', isDescending: false };
    this.typeSelect = this.typeFilter();
    this.search.addEventListener('input', () => {
      this.query = this.search.value.trim().toLowerCase();
      this.update();
    });
    this.node = section('columns', 'Columns', null, this.toolbar(),
      el('div', { class: 'columns-frame' },
        el('table', { class: 'columns', role: 'table', 'aria-label': 'Columns' }, this.head(), this.body), this.more));
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.renderChunk();
    }, { rootMargin: '600px' }).observe(this.more);
    this.update();
  }

  /** Opens a column and brings it into view, whatever the filters hid. */
  reveal(name: string): void {
    const column = this.doc.columns.find((candidate) => candidate.name === name);
    if (!column) return;
    if (!this.shown.includes(column)) this.clearFilters();
    while (!this.row(column).node.isConnected && this.rendered < this.shown.length) this.renderChunk();
    this.open(column);
    const row = this.row(column);
    row.node.scrollIntoView({ block: 'start' });
    row.button.focus({ preventScroll: true });
  }

  /** Paper shows all that is listed, and the details of the most important. */
  prepareForPrint(): void {
    while (this.rendered < Math.min(this.shown.length, 4 * CHUNK_ROWS)) this.renderChunk();
    this.shown.filter(isDrifted).slice(0, PRINT_DETAILS_MAX).forEach((column) => this.open(column));
    drawAllPictures(this.body);
    drawAllCharts(this.body);
  }

  private toolbar(): HTMLElement {
    this.showButtons = switcher<Show>('Which columns', [['all', 'All'], ['drifted', 'Drifted'], ['findings', 'With findings']], 'all', (show) => {
      this.show = show;
      this.update();
    });
    return el('div', { class: 'toolbar' }, this.search, this.showButtons, this.typeSelect, this.sortSelect(), this.counter);
  }

  private typeFilter(): HTMLSelectElement {
    const types = [...new Set(this.doc.columns.map((column) => column.type))].sort();
    const select = el('select', { 'aria-label': 'Type', onchange: () => {
      this.type = select.value;
      this.update();
    } }, el('option', { value: '' }, 'All types'), types.map((type) => el('option', { value: type }, TYPE_NAMES[type] ?? type)));
    return select;
  }

  /** For narrow screens, where rows are cards and the headers are not shown. */
  private sortSelect(): HTMLElement {
    const select = el('select', { class: 'narrow-only', 'aria-label': 'Sort by', onchange: () => {
      const key = select.value as SortKey;
      this.sortBy(key, startsDescending(key));
    } }, el('option', { value: 'position' }, 'Original order'),
      HEADS.filter(([key]) => key !== null).map(([key, text]) => el('option', { value: key }, `Sort by ${text.toLowerCase()}`)));
    return select;
  }

  private head(): HTMLElement {
    return el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, HEADS.map(([key, text, align]) => {
      if (key === null) return el('th', { role: 'columnheader', scope: 'col', class: align }, text);
      const head = el('th', { role: 'columnheader', scope: 'col', class: align, 'aria-sort': 'none' },
        el('button', { type: 'button', class: 'sort', onclick: () => this.toggleSort(key) }, text, sortMark()));
      this.heads.set(key, head);
      return head;
    })));
  }

  /** First click sorts the useful way round, the second reverses, the third restores the document's order. */
  private toggleSort(key: SortKey): void {
    const first = startsDescending(key);
    if (this.sort.key !== key) this.sortBy(key, first);
    else if (this.sort.isDescending === first) this.sortBy(key, !first);
    else this.sortBy('position', false);
  }

  private sortBy(key: SortKey, isDescending: boolean): void {
    this.sort = { key, isDescending };
    for (const [name, head] of this.heads)
      head.setAttribute('aria-sort', name !== key ? 'none' : isDescending ? 'descending' : 'ascending');
    this.update();
  }

  private clearFilters(): void {
    this.query = this.search.value = this.type = this.typeSelect.value = '';
    this.showButtons?.querySelector('button')?.click();
    this.update();
  }

  private update(): void {
    const position = new Map(this.doc.columns.map((column, i) => [column, i]));
    const direction = this.sort.isDescending ? -1 : 1;
    this.shown = this.doc.columns.filter((column) => this.isWanted(column)).sort((a, b) =>
      compareKeys(sortValue(a, this.sort.key), sortValue(b, this.sort.key), direction) || position.get(a)! - position.get(b)!);
    const all = this.doc.columns.length;
    this.counter.textContent = this.shown.length === all ? plural(all, 'column') : `${this.shown.length} of ${plural(all, 'column')}`;
    this.body.replaceChildren();
    this.rendered = 0;
    this.renderChunk();
  }

  private isWanted(column: Column): boolean {
    if (this.query && !column.name.toLowerCase().includes(this.query)) return false;
    if (this.type && column.type !== this.type) return false;
    if (this.show === 'drifted') return isDrifted(column);
    return this.show === 'all' || (column.quality?.findings.length ?? 0) > 0 || Boolean(column.note);
  }

  private renderChunk(): void {
    const next = this.shown.slice(this.rendered, this.rendered + CHUNK_ROWS);
    for (const column of next) {
      const row = this.row(column);
      this.body.append(row.node);
      if (row.detail) this.body.append(row.detail);
    }
    this.rendered += next.length;
    const left = this.shown.length - this.rendered;
    replace(this.more, this.shown.length === 0 ? el('p', { class: 'empty' }, 'No column matches.')
      : left > 0 ? el('button', { type: 'button', class: 'button', onclick: () => this.renderChunk() }, `${plural(left, 'more column')}`) : null);
  }

  private row(column: Column): Row {
    const known = this.rows.get(column);
    if (known) return known;
    const position = this.rows.size;
    const button = el('button', { type: 'button', class: 'opener', 'aria-expanded': 'false', onclick: () => this.toggle(column) },
      icon('chevron'), el('span', { class: 'column-name' }, columnTitle(column.name)));
    const node = el('tr', { role: 'row', class: isDrifted(column) ? 'row is-drifted' : 'row', onclick: (event: MouseEvent) => {
      if (!(event.target as Element).closest('button, a') && !getSelection()?.toString()) this.toggle(column);
    } }, cells(column, button));
    const row = { column, position, node, button, detail: null };
    this.rows.set(column, row);
    return row;
  }

  private toggle(column: Column): void {
    if (this.row(column).detail) this.close(column);
    else {
      this.open(column);
      history.replaceState(null, '', `#column=${encodeURIComponent(column.name)}`);
    }
  }

  private open(column: Column): void {
    const row = this.row(column);
    if (row.detail) return;
    const id = `detail-${row.position}`;
    row.detail = el('tr', { role: 'row', class: 'detail-row', id },
      el('td', { role: 'cell', colspan: HEADS.length }, columnDetail(column)));
    row.node.after(row.detail);
    row.node.classList.add('is-open');
    row.button.setAttribute('aria-expanded', 'true');
    row.button.setAttribute('aria-controls', id);
  }

  private close(column: Column): void {
    const row = this.row(column);
    if (!row.detail) return;
    disposeCharts(row.detail);
    row.detail.remove();
    row.detail = null;
    row.node.classList.remove('is-open');
    row.button.setAttribute('aria-expanded', 'false');
    row.button.removeAttribute('aria-controls');
  }
}

function sortMark(): SVGSVGElement {
  return svg('svg', { class: 'sort-mark', viewBox: '0 0 8 12', width: 8, height: 12, 'aria-hidden': 'true' },
    svg('path', { class: 'up', d: 'M4 1 7 5H1z' }), svg('path', { class: 'down', d: 'M4 11 1 7h6z' }));
}

/** Names and types read A to Z, p-values from the smallest; what is large is what matters elsewhere. */
function startsDescending(key: SortKey): boolean {
  return key === 'verdict' || key === 'score' || key === 'effect' || key === 'missing';
}

function sortValue(column: Column, key: SortKey): string | number | null {
  const drift = chosenDrift(column);
  switch (key) {
    case 'position': return 0;
    case 'name': return column.name.toLowerCase();
    case 'type': return column.type;
    case 'verdict': return drift?.drifted === true ? 2 : drift?.drifted === false ? 1 : 0;
    case 'score': return drift?.score ?? null;
    case 'p': return drift?.p_value ?? null;
    case 'effect': return sizeRank(drift) < 0 ? null : sizeRank(drift) + Math.min(0.999, effectMagnitude(drift) / 100);
    case 'missing': return numberAt(column.quality?.current, 'missing_share');
  }
}

/** What has no value stands last, whichever way round. */
function compareKeys(a: string | number | null, b: string | number | null, direction: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'string' && typeof b === 'string') return direction * a.localeCompare(b, 'en', { numeric: true });
  return a < b ? -direction : a > b ? direction : 0;
}

function cells(column: Column, button: HTMLElement): HTMLElement[] {
  const drift = chosenDrift(column);
  const cell = (label: string, name: string, ...content: Child[]): HTMLElement =>
    el('td', { role: 'cell', class: name, 'data-label': label }, ...content);
  const change = changeSentence(column);
  return [
    el('th', { role: 'rowheader', scope: 'row', class: 'cell-name' }, button,
      column.role === 'feature' ? null : el('span', { class: 'tag' }, column.role)),
    cell('Type', 'cell-type', TYPE_NAMES[column.type] ?? column.type),
    cell('Distribution', 'cell-picture', picture(column)),
    cell('Verdict', 'cell-verdict', driftChip(drift)),
    cell('Score', 'cell-score right', drift ? score(drift) : nothing()),
    cell('p-value', 'cell-p right', num(drift?.p_value, formatP)),
    cell('Effect', 'cell-effect', drift?.effect ? effect(drift) : nothing()),
    cell('Change', 'cell-change', change ?? (column.note ? el('span', { class: 'note' }, column.note) : nothing())),
    cell('Missing', 'cell-missing right', missing(column)),
  ];
}

function nothing(): HTMLElement {
  return el('span', { class: 'none' }, '–');
}

function score(drift: Drift): Child {
  const limit = drift.threshold === null ? '' : `, limit ${drift.threshold}`;
  return [num(drift.score), el('small', { title: `${methodName(drift.method)}${limit}` }, drift.method)];
}

/** Four steps of a bar beside the word: comparable at a glance down the table. */
function effect(drift: Drift): Child {
  const rank = sizeRank(drift);
  const found = drift.effect!;
  return el('span', { class: 'effect', title: `${effectName(found.name)} ${found.value ?? 'unknown'}` },
    svg('svg', { viewBox: '0 0 22 8', width: 22, height: 8, 'aria-hidden': 'true' }, [0, 1, 2, 3].map((step) =>
      svg('rect', { x: step * 6, y: 0, width: 4, height: 8, rx: 1, class: step <= rank ? 'on' : 'off' }))),
    found.size);
}

function missing(column: Column): Child {
  const from = numberAt(column.quality?.reference, 'missing_share');
  const to = numberAt(column.quality?.current, 'missing_share');
  if (from === to) return num(to, formatShare);
  return [num(from, formatShare), ' → ', num(to, formatShare)];
}
