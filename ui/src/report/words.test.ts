import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Column, Drift, ReportDocument } from './document.ts';
import {
  certaintySentence, chanceSentence, changeSentence, datasetSentence, detectableSentence, headline, mostDrifted, windowWords,
} from './words.ts';

function drift(more: Partial<Drift>): Drift {
  return { method: 'ks', score: 0.01, score_kind: 'p_value', threshold: 0.05, drifted: true, p_value: 0.01, ...more };
}

function column(name: string, more: Partial<Column>): Column {
  return { name, type: 'num', role: 'feature', in_reference: true, in_current: true, drift: [], ...more };
}

function report(more: Partial<ReportDocument>): ReportDocument {
  return {
    kedge: '0', created: '', name: '', verdict: 'ok', columns: [],
    reference: { rows: 100, columns: 2 }, current: { rows: 100, columns: 2 },
    dataset_drift: { drifted: false, drifted_columns: 0, evaluated_columns: 2, share: 0, threshold: 0.5 }, ...more,
  };
}

test('the headline counts columns', () => {
  const cases: [string, number, number, string][] = [
    ['nothing was testable', 0, 0, 'No column could be tested for drift'],
    ['nothing drifted', 0, 13, 'None of 13 columns drifted'],
    ['one column only', 0, 1, 'The one column tested has not drifted'],
    ['some', 5, 13, '5 of 13 columns drifted'],
  ];
  for (const [why, drifted_columns, evaluated_columns, wanted] of cases) {
    const dataset_drift = { drifted: false, drifted_columns, evaluated_columns, share: null, threshold: 0.5 };
    assert.equal(headline(report({ dataset_drift })), wanted, why);
  }
});

test('a share equal to the limit is drift', () => {
  const at = report({ dataset_drift: { drifted: true, drifted_columns: 1, evaluated_columns: 2, share: 0.5, threshold: 0.5 } });
  assert.match(datasetSentence(at) ?? '', /at or above the limit of 50\u202f%: the data set as a whole counts as drifted/);
  const unknown = report({ dataset_drift: { drifted: null, drifted_columns: 0, evaluated_columns: 0, share: null, threshold: 0.5 } });
  assert.equal(datasetSentence(unknown), null, 'no share, no sentence');
});

test('false alarms to expect are the sum of the thresholds of the tests alone', () => {
  const columns = [
    column('a', { drift: [drift({})] }),
    column('b', { drift: [drift({ threshold: 0.1 })] }),
    column('distance', { drift: [drift({ score_kind: 'distance', threshold: 0.1 })] }),
    column('untested', { drift: [drift({ drifted: null, score: null })] }),
  ];
  assert.match(chanceSentence(report({ columns })) ?? '', /^With 2 columns tested by p-value, about 0.15 would/);
  assert.equal(chanceSentence(report({ columns: columns.slice(2) })), null, 'distances promise no rate');
});

test('the most drifted column has the largest effect, then the smallest p', () => {
  const effect = (size: string, p_value: number): Drift[] => [drift({ p_value, effect: { name: 'cohens_d', value: 1, size } })];
  const columns = [
    column('small and sure', { drift: effect('small', 1e-9) }),
    column('large, less sure', { drift: effect('large', 0.02) }),
    column('large and sure', { drift: effect('large', 0.001) }),
    column('steady', { drift: [drift({ drifted: false })] }),
  ];
  assert.deepEqual(mostDrifted(columns, 2).map((found) => found.name), ['large and sure', 'large, less sure']);
});

test('changes name the mean, or the category that moved most', () => {
  const quality = (mean: number, std: number): never => ({ mean, std }) as never;
  const cases: [string, Column, string | null][] = [
    ['a rise in units of the reference', column('x', { quality: { reference: quality(10, 2), current: quality(11, 9), findings: [] } }),
      'mean 10 → 11 (+0.5 std)'],
    ['a constant reference has no unit', column('x', { quality: { reference: quality(10, 0), current: quality(11, 1), findings: [] } }),
      'mean 10 → 11'],
    ['no side, no sentence', column('x', { quality: { reference: null, current: null, findings: [] } }), null],
    ['shares, not counts', column('x', { distribution: {
      kind: 'categories', categories: ['a', 'b', 'c'], reference: [80, 10, 10], current: [5, 1, 4] } }), '“a” 80\u202f% → 50\u202f%'],
    ['an empty side has no shares', column('x', { distribution: {
      kind: 'categories', categories: ['a'], reference: [0], current: [5] } }), null],
  ];
  for (const [why, given, wanted] of cases) assert.equal(changeSentence(given), wanted, why);
});

test('certainty in words', () => {
  assert.equal(certaintySentence(drift({ p_value: 0.0123 })), 'p = 0.0123: without any drift, about 1 in 81 samples would differ this much.');
  assert.match(certaintySentence(drift({ p_value: 0.8 })) ?? '', /usually differ more/);
  assert.equal(certaintySentence(drift({ p_value: null })), null, 'no p, no sentence');
  assert.equal(detectableSentence(drift({ detectable: { shift: 0.3, unit: 'reference_std' } })),
    'This sample could have shown a change of 0.3 reference standard deviations or more.');
});

test('a window says time, number and segment', () => {
  assert.equal(windowWords({ from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z', last: 1000, segment: { region: 'EU' } }),
    '20 Nov 2026, 00:00 UTC to 21 Nov 2026, 00:00 UTC, last 1,000 events, region EU');
  assert.equal(windowWords({}), null);
  assert.equal(windowWords(null), null);
});
