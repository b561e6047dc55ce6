/** A status in one word. Shape and word carry it; colour only helps. */
import { el } from './el.ts';
import { icon, type IconName } from './icon.ts';

export type Tone = 'ok' | 'drift' | 'fail' | 'warn' | 'plain';

const ICONS: Record<Tone, IconName> = { ok: 'ok', drift: 'drift', fail: 'fail', warn: 'warn', plain: 'skip' };

export function chip(tone: Tone, text: string, title?: string): HTMLElement {
  return el('span', { class: `chip chip-${tone}`, title }, icon(ICONS[tone]), text);
}

/** The document's verdict words. */
export function verdictChip(verdict: string): HTMLElement {
  switch (verdict) {
    case 'ok': return chip('ok', 'Within limits');
    case 'drift': return chip('drift', 'Drift');
    case 'failed_tests': return chip('fail', 'Tests failed');
    case 'drift_and_failed_tests': return chip('fail', 'Drift, tests failed');
    default: return chip('plain', verdict || 'No verdict');
  }
}
