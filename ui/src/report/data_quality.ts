/** The two data sets as wholes: counts side by side, findings of all columns, correlations. */
import { el, type Child } from '../shared/el.ts';
import { formatCount, formatShare, formatSigned, humanise, plural, type MaybeNumber } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { block, section, table } from '../shared/table.ts';
import { findings } from './column_detail.ts';
import { correlations } from './correlations.ts';
import { columnTitle, numberAt, type DataQuality, type ReportDocument } from './document.ts';

const COUNTS = ['rows', 'columns', 'missing_cells', 'missing_share', 'infinite_cells', 'empty_rows', 'empty_columns', 'duplicated_rows',
  'duplicated_columns', 'constant_columns', 'almost_constant_columns'];

export function dataQuality(doc: ReportDocument): HTMLElement | null {
  const quality = doc.data_quality;
  if (!quality) return null;
  return section('data-quality', 'Data quality', null,
    el('div', { class: 'pair' }, counts(quality), columnFindings(doc)),
    quality.correlations ? correlations(quality.correlations) : null);
}

function counts(quality: DataQuality): HTMLElement {
  const rows = COUNTS.filter((key) => numberAt(quality.reference, key) !== null || numberAt(quality.current, key) !== null)
    .map((key): Child[] => {
      const isShare = key.endsWith('_share');
      const format = isShare ? formatShare : formatCount;
      const from = numberAt(quality.reference, key);
      const to = numberAt(quality.current, key);
      return [humanise(key), num(from, format), num(to, format), from === null || to === null ? '' : change(to - from, isShare)];
    });
  return block('Both sides', table({ caption: 'Data quality of both sides', head: ['', 'Reference#', 'Current#', 'Change#'], rows }));
}

function change(difference: number, isShare: boolean): Child {
  if (difference === 0) return el('span', { class: 'none' }, '0');
  return num(difference, isShare ? (value: MaybeNumber) => `${difference > 0 ? '+' : ''}${formatShare(value)}` : formatSigned);
}

function columnFindings(doc: ReportDocument): HTMLElement {
  const found = doc.columns.filter((column) => (column.quality?.findings.length ?? 0) > 0);
  const title = 'Findings in columns';
  if (found.length === 0) return block(title, el('p', { class: 'empty' }, 'Nothing stands out.'));
  const shown = found.slice(0, 50);
  return block(title,
    el('dl', { class: 'column-findings' }, shown.map((column) => [
      el('dt', {}, el('a', { href: `#column=${encodeURIComponent(column.name)}` }, columnTitle(column.name))),
      el('dd', {}, findings(column.quality!.findings))])),
    found.length > shown.length ? el('p', { class: 'empty' }, `and ${plural(found.length - shown.length, 'more column')}: filter the table by findings`) : null);
}
