/** A command to copy: shown in full, with a button. */
import { el } from './el.ts';

export function commandBlock(command: string, label = 'Copy the command'): HTMLElement {
  const button = el('button', { type: 'button', class: 'button copy', 'aria-label': label, onclick: async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = 'Copied';
    } catch {
      // Clipboards are for secure origins; selecting the text works everywhere.
      getSelection()?.selectAllChildren(code);
      button.textContent = 'Selected';
    }
  } }, 'Copy');
  const code = el('code', {}, command);
  return el('div', { class: 'command' }, el('pre', { tabindex: 0 }, code), button);
}
