/** The first screen: verdict, what drifted most, what it means, how sure. */
import { verdictChip } from '../shared/chip.ts';
import { el, svg, type Child } from '../shared/el.ts';
import { formatCount, formatMs, formatShare, formatTime, plural } from '../shared/format.ts';
import { driftChip } from './column_detail.ts';
import { chosenDrift, columnTitle, type Column, type ReportDocument, type Side } from './document.ts';
import { picture } from './picture.ts';
import {
  certaintySentence, chanceSentence, changeSentence, datasetSentence, detectableSentence, effectSentence, headline, mostDrifted,
  sensitivitySentence, windowWords,
} from './words.ts';

const MOST_DRIFTED = 5;

export function summary(doc: ReportDocument): HTMLElement {
  return el('section', { id: 'summary', class: 'summary', 'aria-labelledby': 'summary-title' },
    el('div', { class: 'summary-main' },
      el('p', { class: 'verdict-line' }, verdictChip(doc.verdict), el('span', {}, formatTime(doc.created))),
      el('h1', { id: 'summary-title' }, headline(doc)),
      el('p', { class: 'lead' }, datasetSentence(doc)),
      shareGauge(doc),
      sureness(doc)),
    facts(doc),
    drifters(doc));
}

/** The share of drifted columns on a line from 0 to 100 %, with the limit marked. */
function shareGauge(doc: ReportDocument): HTMLElement | null {
  const { share, threshold, drifted } = doc.dataset_drift;
  if (share === null) return null;
  const limit = threshold ?? 1;
  return el('div', { class: 'gauge' },
    svg('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img',
      'aria-label': `${formatShare(share)} of columns drifted, limit ${formatShare(threshold)}` },
      svg('rect', { class: 'gauge-track', x: 0, y: 2, width: 100, height: 6, rx: 1 }),
      svg('rect', { class: drifted ? 'gauge-fill is-over' : 'gauge-fill', x: 0, y: 2, width: Math.max(0.4, share * 100), height: 6 }),
      svg('rect', { class: 'gauge-limit', x: Math.min(99.7, limit * 100 - 0.15), y: 0, width: 0.3, height: 10 })),
    el('div', { class: 'gauge-words', 'aria-hidden': 'true' }, el('span', {}, `${formatShare(share)} drifted`),
      el('span', { style: `left:${Math.min(88, limit * 100)}%` }, `limit ${formatShare(threshold)}`)));
}

/** The document's own sentences, then how far they carry. The one about columns is the headline already. */
function sureness(doc: ReportDocument): HTMLElement | null {
  const given = (doc.summary ?? []).filter((sentence) => !sentence.startsWith('Data drift:'));
  const own = [chanceSentence(doc), sensitivitySentence(doc)].filter((sentence) => sentence !== null);
  if (given.length + own.length === 0) return null;
  return el('ul', { class: 'sentences' }, [...given, ...own].map((sentence) => el('li', {}, sentence)));
}

function facts(doc: ReportDocument): HTMLElement {
  const row = (name: string, value: Child): Child => (value ? [el('dt', {}, name), el('dd', {}, value)] : null);
  const skipped = doc.dataset_drift.skipped_columns ?? 0;
  return el('aside', { class: 'facts', 'aria-label': 'About this report' }, el('dl', {},
    row('Model', doc.model ? [doc.model.name, doc.model.version ? ` ${doc.model.version}` : null] : null),
    row('Window', windowWords(doc.window)),
    row('Reference', side(doc.reference)),
    row('Current', side(doc.current)),
    row('Not tested', skipped > 0 ? plural(skipped, 'column') : null),
    row('Numbers', doc.compat === 'evidently' ? 'as Evidently computes them' : null),
    row('Took', doc.timing ? formatMs((doc.timing.read_ms ?? 0) + (doc.timing.analysis_ms ?? 0)) : null)));
}

function side(found: Side): Child {
  return [`${formatCount(found.rows)} × ${formatCount(found.columns)}`,
    found.origin ? el('small', { title: found.origin }, found.origin) : null,
    found.version ? el('small', {}, `version ${found.version}`) : null];
}

function drifters(doc: ReportDocument): HTMLElement | null {
  const columns = mostDrifted(doc.columns, MOST_DRIFTED);
  if (columns.length === 0) return null;
  const drifted = doc.dataset_drift.drifted_columns;
  return el('div', { class: 'drifters' },
    el('h2', {}, drifted > columns.length ? `What drifted most, ${columns.length} of ${formatCount(drifted)}` : 'What drifted'),
    el('ol', {}, columns.map((column) => el('li', {}, drifter(column)))));
}

function drifter(column: Column): Child {
  const drift = chosenDrift(column)!;
  const sentences = [effectSentence(drift), certaintySentence(drift), detectableSentence(drift)].filter((text) => text !== null);
  return [
    picture(column),
    el('p', { class: 'drifter-name' }, el('a', { href: `#column=${encodeURIComponent(column.name)}` }, columnTitle(column.name)),
      el('span', {}, changeSentence(column))),
    el('p', { class: 'drifter-words' }, sentences.length > 0 ? sentences.join(' ') : driftChip(drift))];
}
