/** The bar that stays on top of every page: whose page it is, its sections, and what one can do with it. */
import { el, type Child } from './el.ts';
import { icon } from './icon.ts';
import { themeButton } from './theme.ts';

export function topBar(title: Child, links: [string, string][], ...actions: Child[]): HTMLElement {
  return el('header', { class: 'top' }, el('div', { class: 'top-inner' },
    el('p', { class: 'brand' }, icon('anchor'), el('span', {}, title)),
    el('nav', { 'aria-label': 'Sections' }, links.map(([href, text]) => el('a', { href }, text))),
    el('div', { class: 'actions' }, ...actions, themeButton())));
}
