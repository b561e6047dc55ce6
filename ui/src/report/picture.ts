/** Small distribution pictures for table rows: reference as a grey area, current as a coloured outline over it. Two
 *  SVG paths each, so that a thousand rows stay cheap, and drawn only once they come into view. */
import { el, svg } from '../shared/el.ts';
import { formatNumber, formatShare } from '../shared/format.ts';
import { isDrifted, numberAt, type Column, type Distribution } from './document.ts';
import { total } from './words.ts';

const WIDTH = 132;
const HEIGHT = 30;
/** Beyond this many, bars are too thin to compare; the rest is in the column's detail. */
const CATEGORIES_MAX = 8;

const drawers = new WeakMap<Element, () => void>();
const whenVisible = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) drawNow(entry.target);
}, { rootMargin: '200px' });

export function picture(column: Column): HTMLElement {
  const holder = el('div', { class: 'picture' });
  const distribution = column.distribution;
  if (!distribution || !hasCounts(distribution)) {
    holder.append(el('span', { class: 'none' }, 'no picture'));
    return holder;
  }
  drawers.set(holder, () => holder.append(draw(column, distribution)));
  whenVisible.observe(holder);
  return holder;
}

/** Paper has no viewport: printing draws what is not drawn yet. */
export function drawAllPictures(root: ParentNode): void {
  for (const holder of root.querySelectorAll('.picture')) drawNow(holder);
}

function drawNow(holder: Element): void {
  drawers.get(holder)?.();
  drawers.delete(holder);
  whenVisible.unobserve(holder);
}

function hasCounts(distribution: Distribution): boolean {
  return total(distribution.reference ?? []) + total(distribution.current ?? []) > 0;
}

function draw(column: Column, distribution: Distribution): SVGSVGElement {
  const reference = shares(distribution.reference);
  const current = shares(distribution.current);
  const top = Math.max(...reference, ...current, Number.MIN_VALUE);
  const shapes = distribution.kind === 'categories'
    ? [bars(reference, top, 0, 'pic-reference'), bars(current, top, 1, 'pic-current')]
    : [area(reference, top, 'pic-reference'), area(current, top, 'pic-current')];
  return svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: 'img',
    class: isDrifted(column) ? 'is-drifted' : null, 'aria-label': describe(column, distribution),
  }, ...shapes, svg('path', { class: 'pic-base', d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }));
}

/** Both sides as shares, so that samples of different size compare. */
export function shares(counts: readonly number[] | null): number[] {
  const sum = total(counts ?? []);
  return sum === 0 ? [] : (counts ?? []).map((count) => count / sum);
}

function area(values: number[], top: number, name: string): SVGPathElement {
  const step = WIDTH / Math.max(1, values.length);
  const line = values.map((value, i) => `V${y(value, top)}H${round((i + 1) * step)}`).join('');
  return svg('path', { class: name, d: values.length === 0 ? '' : `M0 ${HEIGHT}${line}V${HEIGHT}` });
}

function bars(values: number[], top: number, side: number, name: string): SVGPathElement {
  const shown = values.slice(0, CATEGORIES_MAX);
  const step = WIDTH / Math.max(1, Math.min(values.length, CATEGORIES_MAX));
  const width = Math.min(14, step * 0.36);
  const parts = shown.map((value, i) => {
    const x = step * (i + 0.5) + (side - 1) * width;
    return `M${round(x)} ${HEIGHT}V${y(value, top)}h${round(width - 1)}V${HEIGHT}Z`;
  });
  return svg('path', { class: `${name} is-bar`, d: parts.join('') });
}

function y(value: number, top: number): number {
  return round(HEIGHT - 1 - (value / top) * (HEIGHT - 3));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The picture in words, for those who do not see it. */
function describe(column: Column, distribution: Distribution): string {
  const sides = [['reference', distribution.reference], ['current', distribution.current]] as const;
  const words = sides.map(([side, counts]) => {
    const parts = shares(counts);
    if (parts.length === 0) return `${side} has no values`;
    if (distribution.kind === 'categories') {
      const most = parts.indexOf(Math.max(...parts));
      return `${side} mostly ${distribution.categories?.[most] ?? 'other'} (${formatShare(parts[most])})`;
    }
    const quality = column.quality?.[side];
    return `${side} mean ${formatNumber(numberAt(quality, 'mean'))}, from ${formatNumber(numberAt(quality, 'min'))} ` +
      `to ${formatNumber(numberAt(quality, 'max'))}`;
  });
  return `Distribution of ${column.name}: ${words.join('; ')}`;
}
