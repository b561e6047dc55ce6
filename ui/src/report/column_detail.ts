/** Everything about one column, shown when its row is opened. */
import { chip } from '../shared/chip.ts';
import { el, type Child } from '../shared/el.ts';
import { formatCount, formatNumber, formatP, formatShare, formatSigned, formatTime, humanise } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { block, table } from '../shared/table.ts';
import { distributionChart, overTimeCharts } from './distribution_chart.ts';
import { chosenDrift, numberAt, type Column, type Drift, type Finding, type Quality } from './document.ts';
import { effectName, methodName, methodQuestion, unitName } from './methods.ts';
import { certaintySentence, changeSentence, detectableSentence, effectSentence } from './words.ts';

export function columnDetail(column: Column): HTMLElement {
  const picture = distributionChart(column);
  const course = overTimeCharts(column);
  return el('div', { class: 'detail' },
    reading(column),
    findings(column.quality?.findings ?? []),
    picture || course.length > 0
      ? el('div', { class: 'detail-charts' }, el('div', {}, picture), course.length > 0 ? el('div', {}, course) : null) : null,
    el('div', { class: 'detail-tables' }, quantiles(column), statistics(column), frequent(column)),
    methods(column.drift));
}

function reading(column: Column): HTMLElement {
  const drift = chosenDrift(column);
  const sentences = drift
    ? [effectSentence(drift), certaintySentence(drift), detectableSentence(drift)].filter((text) => text !== null) : [];
  const change = changeSentence(column);
  return el('div', { class: 'reading' },
    column.note ? el('p', { class: 'note' }, column.note) : null,
    drift?.note ? el('p', { class: 'note' }, drift.note) : null,
    change ? el('p', {}, el('strong', {}, `${change.charAt(0).toUpperCase()}${change.slice(1)}. `), sentences.join(' '))
      : sentences.length > 0 ? el('p', {}, sentences.join(' ')) : null);
}

export function findings(list: Finding[]): HTMLElement | null {
  if (list.length === 0) return null;
  return el('ul', { class: 'findings' }, list.map((finding) => el('li', {},
    chip(finding.severity === 'warning' ? 'warn' : finding.severity === 'critical' ? 'fail' : 'plain', humanise(finding.kind)),
    el('span', {}, finding.text))));
}

/** Rows of label, how to read it from a side, and how to print it. */
function compare(title: string, column: Column, rows: [string, (quality: Quality) => unknown, (value: number | null) => string][]): HTMLElement | null {
  const { reference = null, current = null } = column.quality ?? {};
  const shown = rows.map(([label, read, format]) => {
    const sides = [reference, current].map((quality) => (quality ? read(quality) : null));
    if (sides.every((value) => value === undefined || value === null)) return null;
    const [from, to] = sides.map((value) => (typeof value === 'number' ? value : null));
    const change = typeof from === 'number' && typeof to === 'number' ? num(to - from, format === formatShare ? signedShare : formatSigned) : '';
    return [label, side(sides[0], format), side(sides[1], format), change] as Child[];
  }).filter((row) => row !== null);
  if (shown.length === 0) return null;
  return block(title, table({ caption: `${title} of ${column.name}`, head: ['', 'Reference#', 'Current#', 'Change#'], rows: shown }));
}

function side(value: unknown, format: (value: number | null) => string): Child {
  if (typeof value === 'number' || value === null || value === undefined) return num(value as number | null, format as never);
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : formatTime(String(value));
}

function signedShare(value: number | null | undefined): string {
  return value !== null && value !== undefined && value > 0 ? `+${formatShare(value)}` : formatShare(value);
}

function quantiles(column: Column): HTMLElement | null {
  const keys = Object.keys(column.quality?.reference?.quantiles ?? column.quality?.current?.quantiles ?? {});
  if (keys.length === 0) return null;
  const row = (key: string): [string, (quality: Quality) => unknown, typeof formatNumber] =>
    [key === '0.5' ? '50 % (median)' : `${formatNumber(Number(key) * 100)} %`, (quality) => quality.quantiles?.[key], formatNumber];
  return compare('Quantiles', column, [
    ['Smallest', (quality) => quality['min'], formatNumber], ...keys.map(row), ['Largest', (quality) => quality['max'], formatNumber]]);
}

function statistics(column: Column): HTMLElement | null {
  const number = (key: string): ((quality: Quality) => unknown) => (quality) => quality[key];
  return compare('Statistics', column, [
    ['Values', number('count'), formatCount],
    ['Missing', number('missing'), formatCount],
    ['Missing share', number('missing_share'), formatShare],
    ['Infinite', number('infinite'), formatCount],
    ['Distinct', number('unique'), formatCount],
    ['Mean', number('mean'), formatNumber],
    ['Standard deviation', number('std'), formatNumber],
    ['Skewness', number('skewness'), formatNumber],
    ['Kurtosis', number('kurtosis'), formatNumber],
    ['Zeros', number('zeros'), formatCount],
    ['Negative', number('negative'), formatCount],
    ['First', number('first'), formatNumber],
    ['Last', number('last'), formatNumber],
    ['Mean length', number('mean_length'), formatNumber],
    ['Shortest', number('min_length'), formatCount],
    ['Longest', number('max_length'), formatCount],
  ]);
}

function frequent(column: Column): HTMLElement | null {
  const { reference = null, current = null } = column.quality ?? {};
  const sides = [reference?.most_frequent ?? [], current?.most_frequent ?? []] as const;
  const length = Math.max(sides[0].length, sides[1].length);
  if (length === 0) return null;
  const cell = (quality: Quality | null, entry: { value: string; count: number } | undefined): Child[] => {
    const rows = numberAt(quality, 'count');
    return entry ? [entry.value, num(rows ? entry.count / rows : null, formatShare)] : ['', ''];
  };
  const rows = Array.from({ length }, (_, i) => [...cell(reference, sides[0][i]), ...cell(current, sides[1][i])]);
  return block('Most frequent values', table({
    caption: `Most frequent values of ${column.name}`, head: ['Reference', 'Share#', 'Current', 'Share#'], rows, class: 'texts' }));
}

function methods(list: Drift[]): HTMLElement | null {
  if (list.length === 0) return null;
  return block(list.length === 1 ? 'Method' : 'Methods', table({
    caption: 'Drift methods', class: 'methods',
    head: ['Method', 'Verdict', 'Score#', 'Threshold#', 'Statistic#', 'p-value#', 'Effect', 'Detectable from'],
    rows: list.map((drift, i) => [methodCell(drift, i === 0 && list.length > 1), driftChip(drift), num(drift.score), num(drift.threshold),
      num(drift.statistic), num(drift.p_value, formatP), effectCell(drift), detectableCell(drift)]),
  }));
}

function methodCell(drift: Drift, isChosen: boolean): Child {
  return el('div', { class: 'method' }, el('span', {}, methodName(drift.method), ' ', el('code', {}, drift.method), isChosen ? ' · decides' : ''),
    el('small', {}, drift.note ?? methodQuestion(drift.method)),
    drift.compat_score === undefined ? null : el('small', {}, 'Evidently’s number: ', num(drift.compat_score)));
}

export function driftChip(drift: Drift | null): HTMLElement {
  if (drift === null) return chip('plain', 'Not tested');
  if (drift.drifted === null) return chip('plain', drift.note?.startsWith('not applicable') ? 'Not applicable' : 'No result', drift.note ?? undefined);
  return drift.drifted ? chip('drift', 'Drifted') : chip('ok', 'Steady');
}

function effectCell(drift: Drift): Child {
  const effect = drift.effect;
  return effect ? [`${effect.size}, `, num(effect.value), el('small', { class: 'unit' }, ` ${effectName(effect.name)}`)] : el('span', { class: 'none' }, '–');
}

function detectableCell(drift: Drift): Child {
  const detectable = drift.detectable;
  return detectable ? [num(detectable.shift), el('small', { class: 'unit' }, ` ${unitName(detectable.unit)}`)] : el('span', { class: 'none' }, '–');
}
