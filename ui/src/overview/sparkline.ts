/** Drift share over time, oldest first: a line from 0 to 100 % with the last point marked. */
import { svg } from '../shared/el.ts';
import { formatShare } from '../shared/format.ts';

const WIDTH = 240;
const HEIGHT = 44;
const MARGIN = 4;

export function sparkline(shares: (number | null)[], name: string): SVGSVGElement {
  const known = shares.filter((share) => share !== null);
  const label = known.length === 0 ? `No drift share of ${name} yet`
    : `Drift share of ${name} over ${known.length} analyses: from ${formatShare(known[0])} to ${formatShare(known.at(-1))}, ` +
      `at most ${formatShare(Math.max(...known))}`;
  return svg('svg', { class: 'sparkline', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': label },
    svg('path', { class: 'spark-base', d: `M0 ${HEIGHT - MARGIN}H${WIDTH}M0 ${MARGIN}H${WIDTH}` }), line(shares));
}

/** An analysis without share (nothing could be tested) leaves a gap. */
function line(shares: (number | null)[]): (SVGElement | null)[] {
  const step = (WIDTH - 2 * MARGIN) / Math.max(1, shares.length - 1);
  const points = shares.map((share, i) => (share === null ? null : { x: MARGIN + i * step, y: HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN) }));
  const path = points.map((point, i) => (point ? `${points[i - 1] ? 'L' : 'M'}${point.x.toFixed(1)} ${point.y.toFixed(1)}` : '')).join('');
  const last = points.filter((point) => point !== null).at(-1);
  return [svg('path', { class: 'spark-line', d: path }), last ? svg('circle', { class: 'spark-last', cx: last.x, cy: last.y, r: 3 }) : null];
}
