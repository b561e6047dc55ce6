/** The landing page of a running server: its models, how each of them drifts, and their reports. */
import '../shared/base.css';
import './overview.css';
import { chip, verdictChip } from '../shared/chip.ts';
import { commandBlock } from '../shared/copy.ts';
import { el, replace, type Child } from '../shared/el.ts';
import { fetchJson } from '../shared/fetch_json.ts';
import { formatCount, formatShare, formatTime } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { table } from '../shared/table.ts';
import { startTheme } from '../shared/theme.ts';
import { topBar } from '../shared/top_bar.ts';
import type { Analysis, Model } from './models.ts';
import { sparkline } from './sparkline.ts';

const SPARK_ANALYSES = 60;
const LISTED_ANALYSES = 8;

startTheme();
const content = el('div', { 'aria-live': 'polite' }, el('p', { class: 'empty' }, 'Loading …'));
replace(document.getElementById('page')!,
  topBar('Kedge', [['/docs', 'API'], ['/metrics', 'Metrics'], ['/reports', 'Reports']]),
  el('main', { id: 'main' }, el('h1', {}, 'Models'), content));
void load();

async function load(): Promise<void> {
  try {
    const { models } = await fetchJson<{ models: Model[] }>('/api/kedge/models');
    if (models.length === 0) replace(content, nothingYet());
    else replace(content, await Promise.all(models.map(async (model) => card(model, await analysesOf(model)))));
  } catch (error) {
    replace(content, el('p', { role: 'alert' }, chip('fail', 'Unreachable'), ` ${error instanceof Error ? error.message : String(error)}`),
      el('p', {}, el('button', { type: 'button', class: 'button', onclick: () => void load() }, 'Try again')));
  }
}

/** A model whose analyses cannot be read still has its card. */
async function analysesOf(model: Model): Promise<Analysis[] | Error> {
  try {
    const { analyses } = await fetchJson<{ analyses: Analysis[] }>(`/api/kedge/analyses?model=${encodeURIComponent(model.name)}`);
    return analyses.filter((analysis) => !model.version || !analysis.model_version || analysis.model_version === model.version)
      .sort((a, b) => b.created.localeCompare(a.created));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function nothingYet(): Child {
  const origin = location.origin;
  return el('div', { class: 'first-steps' },
    el('p', { class: 'lead' }, 'Nothing has been captured yet. Give the server a reference, then the predictions to compare with it.'),
    el('h2', {}, '1. The reference: the data that the model was trained on'),
    commandBlock(`curl -F file=@reference.csv '${origin}/reference?model_name=wine'`),
    el('h2', {}, '2. Predictions as they happen'),
    commandBlock(`curl ${origin}/capture -H 'content-type: application/json' \\\n  -d '{"model_name": "wine", "features": {"alcohol": 13.2, "ash": 2.4}, "prediction": 1}'`),
    el('h2', {}, '3. The comparison'),
    commandBlock(analyzeCommand('wine')));
}

function analyzeCommand(model: string): string {
  return `curl ${location.origin}/analyze -H 'content-type: application/json' \\\n  -d '${JSON.stringify({ model_name: model, window_size: 1000 })}'`;
}

function card(model: Model, analyses: Analysis[] | Error): HTMLElement {
  const list = analyses instanceof Error ? [] : analyses;
  const last = model.last_analysis ?? list[0] ?? null;
  const shares = list.slice(0, SPARK_ANALYSES).map((analysis) => analysis.drift_share).reverse();
  return el('section', { class: 'model', 'aria-label': model.name },
    el('header', {},
      el('div', {}, el('h2', {}, model.name, model.version ? el('small', {}, ` ${model.version}`) : null),
        el('p', { class: 'lead' }, `${formatCount(model.events)} events, `,
          model.reference_version === null ? 'no reference yet' : `reference ${model.reference_version}`)),
      last?.verdict ? verdictChip(last.verdict) : chip('plain', 'Not analysed'),
      shares.length > 1 ? el('figure', {}, sparkline(shares, model.name), el('figcaption', {}, 'Drifted columns, 0 to 100 %')) : null),
    analyses instanceof Error ? el('p', { role: 'alert' }, analyses.message)
      : list.length === 0 ? nextStep(model) : recent(model, list));
}

function nextStep(model: Model): Child {
  if (model.reference_version === null)
    return [el('p', {}, 'Next: a reference to compare with.'),
      commandBlock(`curl -F file=@reference.csv '${location.origin}/reference?model_name=${encodeURIComponent(model.name)}'`)];
  return [el('p', {}, 'Next: compare the last 1,000 events with the reference.'), commandBlock(analyzeCommand(model.name))];
}

function recent(model: Model, list: Analysis[]): HTMLElement {
  return table({
    caption: `Analyses of ${model.name}`, head: ['When', 'Verdict', 'Drifted#', 'Share#', 'Report'],
    rows: list.slice(0, LISTED_ANALYSES).map((analysis) => [
      formatTime(analysis.created), verdictChip(analysis.verdict),
      `${formatCount(analysis.drifted_columns)} of ${formatCount(analysis.evaluated_columns)}`, num(analysis.drift_share, formatShare),
      analysis.report?.startsWith('/') ? el('a', { href: analysis.report, 'aria-label': `Open the report of ${formatTime(analysis.created)}` }, 'Open') : '–']),
  });
}
