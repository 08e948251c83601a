/**
 * The address of what is shown: every choice on a page is a parameter of its URL, and nothing else holds it.
 *
 * Server and browser read it with `readAddress` and write it with `addressOf`; defaults are left out, so the shortest
 * link is the plain page. A value that is not understood becomes the default and is named, so that a bad link still
 * shows something true.
 */
import { readOid } from '../../core/domain/oid.ts';
import { isDateText, readTimeText } from '../../core/domain/time.ts';
import { dayClock } from '../text/times.ts';
import { isZone } from '../../core/domain/zone.ts';
import type { Span } from './questions.ts';

/** Which page an address is of; routes.ts makes its path. */
export type Where =
  | { readonly page: 'live' | 'places' | 'trust' | 'data' }
  | { readonly page: 'place'; readonly location: string }
  | { readonly page: 'detection'; readonly id: string }
  | { readonly page: 'run'; readonly epoch: string };
export type PageName = Where['page'];

export const WINDOWS = { '5m': 5, '15m': 15, '1h': 60, '24h': 1_440, '7d': 10_080 } as const;
export type WindowName = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];
export const LIMITS = [5, 10, 25, 50, 100] as const;
export const SORTS = ['-count', 'count', 'name', '-change'] as const;
export type Sort = (typeof SORTS)[number];
export type Refresh = 1 | 5 | 10 | 'off';
export const REFRESHES = ['1', '5', '10', 'off'] as const;
export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface Shown {
  /** The page, which the path says. */
  readonly where: Where;
  readonly window: WindowName;
  /** A fixed range in whole minutes; the window is ignored while there is one. */
  readonly fixed: Span | null;
  /** `all` or a place's oid; of the page of a place, the path's. */
  readonly location: string;
  readonly limit: number;
  readonly q: string;
  readonly sort: Sort;
  /** Seconds between two paints; `off` is paused. */
  readonly refresh: Refresh;
  readonly tz: string;
  readonly view: 'chart' | 'table';
  /** The day of the lake that the page of a detection looks into too. */
  readonly dt: string | null;
  /** One view alone is an answer while the other is away; only ever asked for while it is. */
  readonly allowPartial: boolean;
  /** Only from the URL; the choice itself is kept in a cookie. */
  readonly theme: Theme | null;
}

export const DEFAULTS: Shown = {
  where: { page: 'live' },
  window: '1h',
  fixed: null,
  location: 'all',
  limit: 10,
  q: '',
  sort: '-count',
  refresh: 1,
  tz: 'UTC',
  view: 'chart',
  dt: null,
  allowPartial: false,
  theme: null,
};

export interface ReadAddress {
  readonly shown: Shown;
  /** One sentence a parameter that was not understood. */
  readonly faults: readonly string[];
}

const LONGEST_Q = 200;

type Get = (name: string) => string | null;

export function readAddress(parameters: { get: Get }, where: Where = DEFAULTS.where): ReadAddress {
  const faults: string[] = [];
  const get: Get = (name) => parameters.get(name);
  const oneOf = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const given = get(name);
    if (given === null || allowed.includes(given as T)) return (given as T | null) ?? fallback;
    faults.push(`${name} is “${given.slice(0, 40)}”; ${allowed.join(', ')} were expected.`);
    return fallback;
  };
  const passing = (name: string, fallback: string, test: (given: string) => boolean, expected: string): string => {
    const given = get(name);
    if (given === null || test(given)) return given ?? fallback;
    faults.push(`${name} is “${given.slice(0, 40)}”; ${expected} was expected.`);
    return fallback;
  };
  const refresh = oneOf('refresh', REFRESHES, '1');
  const dt = passing('dt', '', isDateText, 'a date such as 2026-11-22');
  const shown: Shown = {
    where,
    window: oneOf('window', WINDOW_NAMES, DEFAULTS.window),
    fixed: readFixed(get, faults),
    location:
      where.page === 'place'
        ? where.location
        : passing('location', 'all', (given) => given === 'all' || isOid(given), '“all” or an oid'),
    limit: Number(oneOf('limit', LIMITS.map(String), '10')),
    q: (get('q') ?? '').slice(0, LONGEST_Q),
    sort: oneOf('sort', SORTS, DEFAULTS.sort),
    refresh: refresh === 'off' ? 'off' : (Number(refresh) as Refresh),
    tz: passing('tz', 'UTC', isZone, 'an IANA time zone such as Europe/Berlin'),
    view: oneOf('view', ['chart', 'table'], 'chart'),
    dt: dt === '' ? null : dt,
    allowPartial: oneOf('allow_partial', ['true', 'false'], 'false') === 'true',
    theme: get('theme') === null ? null : oneOf('theme', THEMES, 'light'),
  };
  return { shown, faults };
}

export function isOid(text: string): boolean {
  return readOid(text).ok;
}

function readFixed(get: Get, faults: string[]): Span | null {
  const [from, to] = [get('from'), get('to')];
  if (from === null && to === null) return null;
  const span = { from: readMinute(from), to: readMinute(to) };
  if (span.from === null) faults.push(expectedTime('from', from));
  if (span.to === null) faults.push(expectedTime('to', to));
  if (span.from === null || span.to === null) return null;
  if (span.to <= span.from) {
    faults.push(`to (${dayClock(span.to, 'UTC', 0)}) must be after from (${dayClock(span.from, 'UTC', 0)}).`);
    return null;
  }
  return { from: span.from, to: span.to };
}

function expectedTime(name: string, given: string | null): string {
  const found = given === null ? `${name} is missing` : `${name} is “${given.slice(0, 40)}”`;
  return `${found}; a minute such as 2026-11-22T14:32Z was expected.`;
}

/** Epoch milliseconds or an ISO 8601 minute (UTC if it names no zone), down to its minute; null for anything else. */
function readMinute(text: string | null): number | null {
  if (text === null) return null;
  const t = readTimeText(text);
  return t === null ? null : Math.floor(t / 60_000) * 60_000;
}

/** `2026-11-22T14:32Z`. */
export function isoMinute(t: number): string {
  return `${new Date(t).toISOString().slice(0, 16)}Z`;
}

/** The query of what is shown, with its question mark; empty if everything is as by default. */
export function addressOf(shown: Shown): string {
  const parameters = new URLSearchParams();
  const put = (name: string, value: string, fallback: string): void => {
    if (value !== fallback) parameters.set(name, value);
  };
  if (shown.fixed) {
    parameters.set('from', isoMinute(shown.fixed.from));
    parameters.set('to', isoMinute(shown.fixed.to));
  }
  put('window', shown.window, DEFAULTS.window);
  if (shown.where.page !== 'place') put('location', shown.location, 'all');
  put('limit', String(shown.limit), '10');
  put('q', shown.q, '');
  put('sort', shown.sort, DEFAULTS.sort);
  put('refresh', String(shown.refresh), '1');
  put('tz', shown.tz, 'UTC');
  put('view', shown.view, 'chart');
  put('dt', shown.dt ?? '', '');
  put('allow_partial', String(shown.allowPartial), 'false');
  if (shown.theme) parameters.set('theme', shown.theme);
  const query = parameters.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return query === '' ? '' : `?${query}`;
}
