import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatBytes, formatCount, formatMs, formatNumber, formatOdds, formatP, formatPEquation, formatShare, formatSigned,
  formatTime, humanise, plural,
} from './format.ts';

/** Rows of [why, got, wanted]. */
function check(rows: [string, string, string][]): void {
  for (const [why, got, wanted] of rows) assert.equal(got, wanted, why);
}

test('numbers keep four digits and never need counting zeros', () => check([
  ['zero is plain', formatNumber(0), '0'],
  ['rounded to four digits', formatNumber(13.00061797752809), '13'],
  ['four digits before the point: grouped', formatNumber(1234.5), '1,235'],
  ['fractions keep their digits', formatNumber(0.38461538461538464), '0.3846'],
  ['trailing zeros say nothing', formatNumber(2.5), '2.5'],
  ['a real minus sign', formatNumber(-1.5), '\u22121.5'],
  ['integers are grouped', formatNumber(1_000_000), '1,000,000'],
  ['large fractions are rounded to integers', formatNumber(12345.678), '12,346'],
  ['smallest plain number', formatNumber(0.0001), '0.0001'],
  ['below it: a power', formatNumber(0.000012345), '1.23\u202f×\u202f10⁻⁵'],
  ['huge: a power', formatNumber(1e300), '1\u202f×\u202f10³⁰⁰'],
  ['denormal', formatNumber(-5e-324), '\u22124.94\u202f×\u202f10⁻³²⁴'],
  ['null is a dash', formatNumber(null), '–'],
  ['so is a missing key', formatNumber(undefined), '–'],
  ['and NaN, should one get here', formatNumber(Number.NaN), '–'],
]));

test('counts and differences', () => check([
  ['grouped', formatCount(1234567), '1,234,567'],
  ['null', formatCount(null), '–'],
  ['a rise has a plus', formatSigned(0.5), '+0.5'],
  ['a fall has a minus', formatSigned(-0.5), '\u22120.5'],
  ['no change has none', formatSigned(0), '0'],
  ['one is singular', plural(1, 'column'), '1 column'],
  ['zero is plural', plural(0, 'category', 'categories'), '0 categories'],
]));

test('shares near 0 and 1 do not pretend to be there', () => check([
  ['one decimal', formatShare(0.38461538), '38.5\u202f%'],
  ['whole percents without decimal', formatShare(0.5), '50\u202f%'],
  ['exactly none', formatShare(0), '0\u202f%'],
  ['one in a million', formatShare(1e-6), '<\u202f0.1\u202f%'],
  ['all but one in a million', formatShare(1 - 1e-6), '>\u202f99.9\u202f%'],
  ['exactly all', formatShare(1), '100\u202f%'],
  ['null', formatShare(null), '–'],
]));

test('p-values', () => check([
  ['three digits', formatP(0.0123456), '0.0123'],
  ['two below a thousandth', formatP(0.000456), '0.00046'],
  ['underflow is small, not zero', formatP(0), '< 0.0001'],
  ['one', formatP(1), '1'],
  ['nearly one', formatP(0.9999), '> 0.999'],
  ['as an equation', formatPEquation(0.5), 'p = 0.5'],
  ['as an inequality', formatPEquation(1e-12), 'p < 0.0001'],
  ['odds round to two digits', formatOdds(0.0123), 'about 1 in 81'],
  ['odds of a small p', formatOdds(0.000123), 'about 1 in 8,100'],
  ['tiny', formatOdds(1e-9), 'less than 1 in a million'],
  ['no odds for a large p', formatOdds(0.7), '–'],
]));

test('times and sizes', () => check([
  ['UTC, by name', formatTime('2026-11-21T10:31:32Z'), '21 Nov 2026, 10:31 UTC'],
  ['a day', formatTime('2011-01-01'), '1 Jan 2011'],
  ['not a time', formatTime('yesterday'), 'yesterday'],
  ['null', formatTime(null), '–'],
  ['microseconds', formatMs(0.25), '0.25 ms'],
  ['seconds', formatMs(12_345), '12.3 s'],
  ['minutes', formatMs(180_000), '3 min'],
  ['bytes', formatBytes(999), '999 B'],
  ['kilobytes', formatBytes(12_345), '12.3 kB'],
]));

test('keys read as words', () => check([
  ['underscores', humanise('reference_group'), 'Reference group'],
  ['acronyms', humanise('roc_auc'), 'ROC AUC'],
  ['only whole words are acronyms', humanise('width_idle'), 'Width idle'],
]));
