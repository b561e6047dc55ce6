/** The conditions that were asked for, and which of them hold. Failures first. */
import { chip, type Tone } from '../shared/chip.ts';
import { el } from '../shared/el.ts';
import { plural } from '../shared/format.ts';
import { num } from '../shared/number_node.ts';
import { section, table } from '../shared/table.ts';
import type { ReportDocument, TestResult } from './document.ts';

const STATUSES: Record<string, { tone: Tone; word: string; rank: number }> = {
  fail: { tone: 'fail', word: 'Failed', rank: 0 },
  warn: { tone: 'warn', word: 'Warning', rank: 1 },
  skip: { tone: 'plain', word: 'Skipped', rank: 2 },
  pass: { tone: 'ok', word: 'Passed', rank: 3 },
};

export function tests(doc: ReportDocument): HTMLElement | null {
  const list = doc.tests ?? [];
  if (list.length === 0) return null;
  const sorted = [...list].sort((a, b) => rank(a) - rank(b));
  return section('tests', 'Tests', counts(list), table({
    caption: 'Tests', class: 'tests', head: ['Test', 'Status', 'Severity', 'Value#', 'Condition', 'Reference#', 'Note'],
    rows: sorted.map((test) => [
      [test.name, test.column ? [' · ', el('a', { href: `#column=${encodeURIComponent(test.column)}` }, test.column)] : null],
      statusChip(test), test.severity, num(test.value), test.condition ? el('code', {}, test.condition) : '–', num(test.reference_value),
      test.note ? el('span', { class: 'note' }, test.note) : '']),
  }));
}

function rank(test: TestResult): number {
  return STATUSES[test.status]?.rank ?? 2;
}

function statusChip(test: TestResult): HTMLElement {
  const status = STATUSES[test.status];
  return status ? chip(status.tone, status.word) : chip('plain', test.status);
}

function counts(list: TestResult[]): string {
  const count = (status: string): number => list.filter((test) => test.status === status).length;
  const words = [[count('fail'), 'failed'], [count('warn'), 'with a warning'], [count('skip'), 'skipped'], [count('pass'), 'passed']] as const;
  return `${plural(list.length, 'test')}: ${words.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`).join(', ')}.`;
}
