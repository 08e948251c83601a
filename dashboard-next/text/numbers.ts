/**
 * How the pages write numbers: counts in full, other numbers with few digits and their unit.
 *
 * Counts are whole and below 2^53, so a double is exact and nothing is rounded. Shares and changes are one division of
 * two such numbers, rounded once. A share above zero is never written as zero.
 */
import { NBSP } from './times.ts';

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `866,939,979`. */
export function count(n: number): string {
  return WHOLE.format(n).replace('-', '−');
}

const UNITS = [
  [1e9, 'bn'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** Three digits and a unit: `12.4 k`, `841 M`, `1.24 bn`; below a thousand the number itself. */
export function compact(n: number): string {
  const rounded = Number(n.toPrecision(3));
  for (const [unit, name] of UNITS) {
    if (Math.abs(rounded) < unit) continue;
    const inUnits = rounded / unit;
    const text = Math.abs(inUnits) >= 1_000 ? count(inUnits) : inUnits.toPrecision(3);
    return `${text}${NBSP}${name}`.replace('-', '−');
  }
  return count(Math.round(n));
}

/** The same without zeros at the end, for axes: `8 M`, `2.5 k`. */
export function tick(n: number): string {
  return compact(n)
    .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
    .replace(/\.(?=\D|$)/, '');
}

/** `38.7 %`; `< 0.1 %` for a small part above zero; `–` if the whole is 0. */
export function share(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const tenths = Math.round((part / whole) * 1_000);
  if (tenths === 0 && part > 0) return `<${NBSP}0.1${NBSP}%`;
  if (tenths === 1_000 && part < whole) return `>${NBSP}99.9${NBSP}%`;
  return `${(tenths / 10).toFixed(1)}${NBSP}%`;
}

/** `14.2 MB`. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = n < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  const inUnits = n / 1_000 ** power;
  const digits = power === 0 ? String(n) : inUnits >= 100 ? inUnits.toFixed(0) : inUnits.toPrecision(3);
  return `${digits}${NBSP}${units[power]}`;
}

export interface Change {
  readonly direction: 'up' | 'down' | 'same' | 'times' | 'new' | 'unknown';
  /** Without the arrow. */
  readonly text: string;
}

const UNKNOWN_CHANGE: Change = { direction: 'unknown', text: '–' };

/** The change from the period before to now; null means unknown. */
export function change(now: number | null, before: number | null): Change {
  if (now === null || before === null) return UNKNOWN_CHANGE;
  if (before === 0) return now === 0 ? UNKNOWN_CHANGE : { direction: 'new', text: 'new' };
  const ratio = now / before;
  if (ratio > 10.99) return { direction: 'times', text: `×${NBSP}${compact(Math.round(ratio))}` };
  const tenths = Math.round((ratio - 1) * 1_000);
  const text = `${(Math.abs(tenths) / 10).toFixed(1)}${NBSP}%`;
  return { direction: tenths === 0 ? 'same' : tenths > 0 ? 'up' : 'down', text };
}

/** For sorting: unknown last, new first. */
export function changeRank(now: number | null, before: number | null): number {
  if (now === null || before === null) return -Infinity;
  if (before === 0) return now === 0 ? -Infinity : Infinity;
  return now / before;
}
