/** Numbers, shares and times as people read them. The exact value goes into a title, see number_node.ts. */

export const NOTHING = '–';
const NARROW_SPACE = '\u202f';
const MINUS = '\u2212';

/** What JSON can hold where a number is expected: NaN and infinities arrive as null. */
export type MaybeNumber = number | null | undefined;

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function isNumber(value: MaybeNumber): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function withMinus(text: string): string {
  return text.replace('-', MINUS);
}

/** 12,345 */
export function formatCount(value: MaybeNumber): string {
  return isNumber(value) ? withMinus(grouped.format(value)) : NOTHING;
}

/** Four significant digits; powers of ten only where a plain number would need counting zeros. */
export function formatNumber(value: MaybeNumber, digits = 4): string {
  if (!isNumber(value)) return NOTHING;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) return formatPower(value, Math.min(digits, 3));
  if (Number.isInteger(value)) return formatCount(value);
  if (size >= 10 ** (digits - 1)) return formatCount(value);
  return withMinus(trimZeros(value.toPrecision(digits)));
}

/** 1.2 × 10⁻⁷ */
function formatPower(value: number, digits: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
  return `${withMinus(trimZeros(mantissa))}${NARROW_SPACE}×${NARROW_SPACE}10${superscript(Number(exponent))}`;
}

function superscript(value: number): string {
  const raised: Record<string, string> = {
    '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹',
  };
  return [...String(value)].map((character) => raised[character] ?? character).join('');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A difference carries its sign, so that a rise reads as one. */
export function formatSigned(value: MaybeNumber, digits = 3): string {
  if (!isNumber(value)) return NOTHING;
  return value > 0 ? `+${formatNumber(value, digits)}` : formatNumber(value, digits);
}

/** 0.3846 reads 38.5 %; shares that would round to 0 % or 100 % say that they are not. */
export function formatShare(share: MaybeNumber, digits = 1): string {
  if (!isNumber(share)) return NOTHING;
  const percent = share * 100;
  const step = 10 ** -digits;
  if (percent > 0 && percent < step) return `<${NARROW_SPACE}${step}${NARROW_SPACE}%`;
  if (percent < 100 && percent > 100 - step) return `>${NARROW_SPACE}${(100 - step).toFixed(digits)}${NARROW_SPACE}%`;
  return `${withMinus(trimZeros(percent.toFixed(digits)))}${NARROW_SPACE}%`;
}

/** Three digits, and never a bare zero: a p-value that underflows is small, not nothing. */
export function formatP(p: MaybeNumber): string {
  if (!isNumber(p)) return NOTHING;
  if (p < 1e-4) return '< 0.0001';
  if (p > 0.9995 && p < 1) return '> 0.999';
  return formatNumber(p, p < 0.001 ? 2 : 3);
}

/** "p = 0.012" or "p < 0.0001" */
export function formatPEquation(p: MaybeNumber): string {
  const text = formatP(p);
  return /^[<>]/.test(text) ? `p ${text}` : `p = ${text}`;
}

/** How often in samples without drift: "about 1 in 80"; nothing for large p, where the sentence would mislead. */
export function formatOdds(p: MaybeNumber): string {
  if (!isNumber(p) || p > 0.5) return NOTHING;
  if (p < 1e-6) return 'less than 1 in a million';
  const every = 1 / p;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(every)) - 1);
  return `about 1 in ${formatCount(Math.round(every / unit) * unit)}`;
}

export function formatMs(ms: MaybeNumber): string {
  if (!isNumber(ms)) return NOTHING;
  if (ms < 1) return `${formatNumber(ms, 2)} ms`;
  if (ms < 1000) return `${formatNumber(ms, 3)} ms`;
  if (ms < 120_000) return `${formatNumber(ms / 1000, 3)} s`;
  return `${formatNumber(ms / 60_000, 3)} min`;
}

/** 1 kB is 1000 bytes. */
export function formatBytes(bytes: MaybeNumber): string {
  if (!isNumber(bytes)) return NOTHING;
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${formatNumber(bytes / 1e3, 3)} kB` : `${formatNumber(bytes / 1e6, 3)} MB`;
}

/** "21 Nov 2026, 10:31 UTC" from RFC 3339; other text stays as it is. UTC, as everything that Kedge stores. */
export function formatTime(text: string | null | undefined): string {
  if (!text) return NOTHING;
  const time = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time.getTime())) return text;
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
  return text.length === 10 ? day.format(time) : `${day.format(time)}, ${clock.format(time)} UTC`;
}

/** "1 column", "5 columns" */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const ACRONYMS = /\b(tpr|tnr|fpr|fnr|roc|auc|mcc|mae|rmse|mape|id)\b/g;

/** A key of the document as words: "reference_group" becomes "Reference group", "roc_auc" "ROC AUC". */
export function humanise(key: string): string {
  const words = key.replace(/_/g, ' ').replace(ACRONYMS, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}
