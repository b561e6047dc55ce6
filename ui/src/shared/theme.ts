/** Light or dark: what the system prefers until the reader chooses; always light on paper.
 *  The choice is kept per browser where the page may store it (a file opened from disk may not). */
import { el, replace } from './el.ts';
import { icon } from './icon.ts';

type Theme = 'light' | 'dark';

const STORAGE_KEY = 'kedge-theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const onPaper = matchMedia('print');
const listeners = new Set<() => void>();
let chosen: Theme | null = storedTheme();

export function theme(): Theme {
  if (onPaper.matches) return 'light';
  return chosen ?? (prefersDark.matches ? 'dark' : 'light');
}

/** Charts that carry their colours inside draw again when told. */
export function onThemeChange(listener: () => void): void {
  listeners.add(listener);
}

export function startTheme(): void {
  apply();
  prefersDark.addEventListener('change', apply);
  onPaper.addEventListener('change', apply);
}

export function themeButton(): HTMLButtonElement {
  const button = el('button', { type: 'button', class: 'icon-button', onclick: toggle });
  const show = (): void => {
    const other = theme() === 'dark' ? 'light' : 'dark';
    button.setAttribute('aria-label', `Switch to the ${other} theme`);
    button.title = `Switch to the ${other} theme`;
    replace(button, icon(other === 'dark' ? 'moon' : 'sun'));
  };
  onThemeChange(show);
  show();
  return button;
}

function toggle(): void {
  chosen = theme() === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(STORAGE_KEY, chosen);
  } catch {
    // The choice then lasts as long as the page.
  }
  apply();
}

function apply(): void {
  document.documentElement.dataset['theme'] = theme();
  for (const listener of listeners) listener();
}

function storedTheme(): Theme | null {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === 'light' || stored === 'dark' ? stored : null;
  } catch {
    return null;
  }
}
