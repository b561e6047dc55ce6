/** Line icons, drawn on a 16 x 16 grid. Always beside a word or in a labelled button, so hidden from screen readers. */
import { svg } from './el.ts';

const PATHS = {
  anchor: 'M8 5.2V14M8 5.2a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6M5.4 7.6h5.2M2.4 9.6c.3 2.7 2.5 4.4 5.6 4.4s5.3-1.7 5.6-4.4',
  chevron: 'M6 3.5 10.5 8 6 12.5',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M3 13l1.1-1.1M11.9 4.1 13 3',
  download: 'M8 2v8.5M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11',
  print: 'M4.5 6V2h7v4M4.5 11.5H2.5V6h11v5.5h-2M4.5 9.5h7V14h-7z',
  link: 'M6.5 9.5 9.5 6.5M7 4.5 8.5 3a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5 7.5 13A3.2 3.2 0 0 1 3 8.5L4.5 7',
  ok: 'M3 8.5 6.5 12 13 4.5',
  drift: 'M8 2.5 14.5 13.5H1.5ZM8 6.5v3.5M8 11.8v.2',
  fail: 'M4 4l8 8M12 4l-8 8',
  warn: 'M8 2v7.5M8 12.8v.2',
  skip: 'M3 8h10',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' },
    svg('path', { d: PATHS[name], fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5,
      'stroke-linecap': 'round', 'stroke-linejoin': 'round' }));
}
