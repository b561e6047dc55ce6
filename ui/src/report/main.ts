/** The report page: reads the document that stands in the page and lays its parts out. */
import '../shared/base.css';
import './report.css';
import { el, replace, type Child } from '../shared/el.ts';
import { formatMs } from '../shared/format.ts';
import { icon } from '../shared/icon.ts';
import { startTheme } from '../shared/theme.ts';
import { topBar } from '../shared/top_bar.ts';
import { drawAllCharts } from './chart.ts';
import { classification } from './classification.ts';
import { ColumnsTable } from './columns.ts';
import { dataQuality } from './data_quality.ts';
import type { ReportDocument } from './document.ts';
import { fairness } from './fairness.ts';
import { drawAllPictures } from './picture.ts';
import { regression } from './regression.ts';
import { summary } from './summary.ts';
import { tests } from './tests.ts';

const page = document.getElementById('page')!;
startTheme();
try {
  show(readDocument());
} catch (error) {
  replace(page, el('main', { class: 'failure' }, el('h1', {}, 'This report cannot be shown'), el('p', {}, String(error))));
}

function readDocument(): ReportDocument {
  const text = document.getElementById('report')?.textContent ?? '';
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`The page carries no readable report (${error instanceof Error ? error.message : String(error)}).`);
  }
  if (typeof found !== 'object' || found === null || !Array.isArray((found as ReportDocument).columns))
    throw new Error('The page carries a document that is not a report.');
  return found as ReportDocument;
}

function show(doc: ReportDocument): void {
  const title = doc.name || 'Report';
  document.title = `${title} · Kedge`;
  const table = new ColumnsTable(doc);
  const sections = [summary(doc), table.node, ...[dataQuality(doc), classification(doc), regression(doc), fairness(doc), tests(doc)]
    .filter((node) => node !== null)];
  replace(page,
    el('a', { class: 'skip-link', href: '#main' }, 'Skip to content'),
    topBar(title, sections.map((node): [string, string] => [`#${node.id}`, node.id === 'summary' ? 'Summary' : node.querySelector('h2')?.textContent ?? '']),
      iconButton('download', 'Download the data (JSON)', () => download(title)), iconButton('print', 'Print', () => print())),
    el('main', { id: 'main', tabindex: -1 }, sections), foot(doc));
  followHash(table);
  printWell(table);
}

function iconButton(name: 'download' | 'print', label: string, onclick: () => void): Child {
  return el('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick }, icon(name));
}

function foot(doc: ReportDocument): HTMLElement {
  const { read_ms: read, analysis_ms: analysis, threads } = doc.timing ?? {};
  const timing = typeof analysis === 'number' ? `; read in ${formatMs(read)}, analysed in ${formatMs(analysis)}${threads ? ` on ${threads} threads` : ''}` : '';
  return el('footer', { class: 'foot' }, `Kedge ${doc.kedge}${timing}. `, 'Hover over a number for its full precision.');
}

/** Gives the document out as it stands in the page: the numbers keep their digits. */
function download(title: string): void {
  const text = document.getElementById('report')?.textContent ?? '';
  const link = el('a', { href: URL.createObjectURL(new Blob([text], { type: 'application/json' })),
    download: `${title.replace(/[^\w.-]+/g, '-')}.json` });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** #column=NAME opens that column, now and whenever a link or the reader changes it. */
function followHash(table: ColumnsTable): void {
  const follow = (): void => {
    const name = /^#column=(.*)$/.exec(location.hash)?.[1];
    if (name === undefined) return;
    try {
      table.reveal(decodeURIComponent(name));
    } catch {
      // A hand-written % that encodes nothing names no column.
    }
  };
  addEventListener('hashchange', follow);
  // The same link clicked again changes no hash, and should still lead there.
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a[href^="#column="]');
    if (link && link.getAttribute('href') === location.hash) follow();
  });
  follow();
}

function printWell(table: ColumnsTable): void {
  const prepare = (): void => {
    table.prepareForPrint();
    drawAllPictures(page);
    drawAllCharts(page);
  };
  addEventListener('beforeprint', prepare);
  matchMedia('print').addEventListener('change', (event) => {
    if (event.matches) prepare();
  });
}
