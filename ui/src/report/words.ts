/** Sentences about the numbers: what happened, what it means, how sure one can be. Pure; tested in words.test.ts. */
import {
  formatCount, formatNumber, formatOdds, formatPEquation, formatShare, formatSigned, formatTime, plural,
} from '../shared/format.ts';
import {
  chosenDrift, isDrifted, numberAt, type Column, type Drift, type ReportDocument, type Window,
} from './document.ts';
import { effectName, unitName } from './methods.ts';

const SIZE_RANK: Record<string, number> = { large: 3, medium: 2, small: 1, negligible: 0 };

export function headline(doc: ReportDocument): string {
  const { drifted_columns: drifted, evaluated_columns: evaluated } = doc.dataset_drift;
  if (evaluated === 0) return 'No column could be tested for drift';
  if (drifted === 0) return evaluated === 1 ? 'The one column tested has not drifted' : `None of ${plural(evaluated, 'column')} drifted`;
  return `${formatCount(drifted)} of ${plural(evaluated, 'column')} drifted`;
}

/** What the share means against the limit of the data set. */
export function datasetSentence(doc: ReportDocument): string | null {
  const { share, threshold, drifted } = doc.dataset_drift;
  if (share === null || threshold === null) return null;
  const limit = formatShare(threshold);
  return drifted
    ? `That is ${formatShare(share)} of the columns, at or above the limit of ${limit}: the data set as a whole counts as drifted.`
    : `That is ${formatShare(share)} of the columns, below the limit of ${limit}: the data set as a whole does not count as drifted.`;
}

/** Test scores are p-values: some fall below their threshold by chance. How many to expect keeps a reader calm. */
export function chanceSentence(doc: ReportDocument): string | null {
  const tested = doc.columns.map(chosenDrift).filter((drift): drift is Drift =>
    drift !== null && drift.score_kind === 'p_value' && drift.drifted !== null && drift.threshold !== null);
  if (tested.length < 2) return null;
  const expected = tested.reduce((sum, drift) => sum + (drift.threshold ?? 0), 0);
  return `With ${formatCount(tested.length)} columns tested by p-value, about ${formatNumber(expected, 2)} would be flagged by chance ` +
    'if nothing had changed.';
}

/** The least sensitive column bounds what "no drift" can mean. */
export function sensitivitySentence(doc: ReportDocument): string | null {
  const shifts = doc.columns.map(chosenDrift).filter((drift) => drift?.detectable?.unit === 'reference_std')
    .map((drift) => drift?.detectable?.shift).filter((shift): shift is number => typeof shift === 'number');
  if (shifts.length === 0) return null;
  const worst = Math.max(...shifts);
  return `${formatCount(doc.reference.rows)} reference rows against ${formatCount(doc.current.rows)} current rows can show a shift of ` +
    `${formatNumber(worst, 2)} reference standard deviations or more; smaller ones may go unseen.`;
}

/** Drifted columns, the largest effect first; among equals the surer one. */
export function mostDrifted(columns: Column[], most: number): Column[] {
  return columns.filter(isDrifted).sort((a, b) => compareStrength(chosenDrift(a), chosenDrift(b))).slice(0, most);
}

function compareStrength(a: Drift | null, b: Drift | null): number {
  return sizeRank(b) - sizeRank(a) || (a?.p_value ?? 1) - (b?.p_value ?? 1) || effectMagnitude(b) - effectMagnitude(a);
}

export function sizeRank(drift: Drift | null): number {
  return SIZE_RANK[drift?.effect?.size ?? ''] ?? -1;
}

export function effectMagnitude(drift: Drift | null): number {
  return Math.abs(drift?.effect?.value ?? 0);
}

/** "mean 13.0 → 13.6, up 0.75 reference standard deviations", or the category whose share moved most. */
export function changeSentence(column: Column): string | null {
  return column.distribution?.kind === 'categories' ? categoryChange(column) : meanChange(column);
}

function meanChange(column: Column): string | null {
  const reference = numberAt(column.quality?.reference, 'mean');
  const current = numberAt(column.quality?.current, 'mean');
  if (reference === null || current === null) return null;
  const change = `mean ${formatNumber(reference)} → ${formatNumber(current)}`;
  const std = numberAt(column.quality?.reference, 'std');
  return std !== null && std > 0 ? `${change} (${formatSigned((current - reference) / std, 2)} std)` : change;
}

function categoryChange(column: Column): string | null {
  const { categories = [], reference, current } = column.distribution ?? {};
  if (!reference || !current) return null;
  const totals = [total(reference), total(current)] as const;
  if (totals[0] === 0 || totals[1] === 0) return null;
  let most = { name: '', from: 0, to: 0 };
  categories.forEach((name, i) => {
    const from = (reference[i] ?? 0) / totals[0];
    const to = (current[i] ?? 0) / totals[1];
    if (Math.abs(to - from) > Math.abs(most.to - most.from)) most = { name, from, to };
  });
  return most.from === most.to ? null : `“${most.name}” ${formatShare(most.from)} → ${formatShare(most.to)}`;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** How sure: the p-value in words. */
export function certaintySentence(drift: Drift): string | null {
  const p = drift.p_value;
  if (p === null || p === undefined) return null;
  if (p > 0.5) return `${formatPEquation(p)}: samples without any drift usually differ more than this.`;
  return `${formatPEquation(p)}: without any drift, ${formatOdds(p)} samples would differ this much.`;
}

export function effectSentence(drift: Drift): string | null {
  const effect = drift.effect;
  if (!effect || effect.value === null) return null;
  return `${effect.size.charAt(0).toUpperCase()}${effect.size.slice(1)} effect (${effectName(effect.name)} ${formatNumber(effect.value, 3)}).`;
}

export function detectableSentence(drift: Drift): string | null {
  const detectable = drift.detectable;
  if (!detectable || detectable.shift === null) return null;
  return `This sample could have shown a change of ${formatNumber(detectable.shift, 2)} ${unitName(detectable.unit)} or more.`;
}

/** "20 Nov 2026, 00:00 UTC to 21 Nov 2026, 00:00 UTC, last 1,000 events, region EU" */
export function windowWords(window: Window | null | undefined): string | null {
  if (!window) return null;
  const words: string[] = [];
  if (window.from || window.to) words.push(`${formatTime(window.from)} to ${formatTime(window.to)}`);
  if (window.last) words.push(`last ${plural(window.last, 'event')}`);
  for (const [key, value] of Object.entries(window.segment ?? {})) words.push(`${key} ${value}`);
  return words.length > 0 ? words.join(', ') : null;
}
