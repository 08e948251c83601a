/**
 * The choices on a page, as the query of its URL; nothing else keeps them.
 *
 * Server and browser read them with `readAddress` and write them with `addressOf`. Default values are left out, so the
 * shortest link is the plain page. A value that cannot be read becomes the default and is reported by name, so that a
 * bad link still shows something true. routes.ts makes the path.
 */
import { readOid } from '../../core/domain/oid.ts';
import { isDateText, readTimeText } from '../../core/domain/time.ts';
import { dayClock } from '../text/times.ts';
import { isZone } from '../../core/domain/zone.ts';
import type { Span } from './questions.ts';

/** One page of the dashboard; routes.ts makes its path. */
export type Route =
  | { readonly page: 'live' | 'places' | 'cameras' | 'trust' | 'data' }
  | { readonly page: 'place'; readonly location: string }
  | { readonly page: 'detection'; readonly id: string }
  | { readonly page: 'run'; readonly epoch: string };
export type PageName = Route['page'];

export const WINDOWS = { '5m': 5, '15m': 15, '1h': 60, '24h': 1_440, '7d': 10_080 } as const;
export type WindowName = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];
export const LIMITS = [5, 10, 25, 50, 100] as const;
export const SORTS = ['-count', 'count', 'name', '-change'] as const;
export type Sort = (typeof SORTS)[number];
export type Refresh = 1 | 5 | 10 | 'off';
export const REFRESHES = ['1', '5', '10', 'off'] as const;
const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface Choices {
  /** From the path; all other fields are from the query. */
  readonly route: Route;
  readonly window: WindowName;
  /** A fixed range in whole minutes; the window is ignored while there is one. */
  readonly fixed: Span | null;
  /** `all` or the oid of a place; on the page of a place it is the oid of the path. */
  readonly location: string;
  readonly limit: number;
  readonly q: string;
  readonly sort: Sort;
  /** Seconds between two paints; `off` is paused. */
  readonly refresh: Refresh;
  readonly tz: string;
  readonly view: 'chart' | 'table';
  /** The day of the lake in which the page of a detection looks too. */
  readonly dt: string | null;
  /** Show one view alone while the other does not answer. Only a button in the notice of that failure sets it. */
  readonly allowPartial: boolean;
  /** From the URL alone; the viewer's own choice is in a cookie. */
  readonly theme: Theme | null;
}

export const DEFAULTS: Choices = {
  route: { page: 'live' },
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

interface ReadAddress {
  readonly choices: Choices;
  /** One sentence for each parameter that cannot be read. */
  readonly faults: readonly string[];
}

const LONGEST_Q = 200;

type Get = (name: string) => string | null;

export function readAddress(parameters: { get: Get }, route: Route = DEFAULTS.route): ReadAddress {
  const faults: string[] = [];
  const get: Get = (name) => parameters.get(name);
  const oneOf = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const given = get(name);
    if (given === null || allowed.includes(given as T)) return (given as T | null) ?? fallback;
    faults.push(`${name} is “${given.slice(0, 40)}”; expected one of ${allowed.join(', ')}.`);
    return fallback;
  };
  const passing = (name: string, fallback: string, test: (given: string) => boolean, expected: string): string => {
    const given = get(name);
    if (given === null || test(given)) return given ?? fallback;
    faults.push(`${name} is “${given.slice(0, 40)}”; expected ${expected}.`);
    return fallback;
  };
  const refresh = oneOf('refresh', REFRESHES, '1');
  const dt = passing('dt', '', isDateText, 'a date such as 2026-11-22');
  const choices: Choices = {
    route,
    window: oneOf('window', WINDOW_NAMES, DEFAULTS.window),
    fixed: readFixed(get, faults),
    location:
      route.page === 'place'
        ? route.location
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
  return { choices, faults };
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
  return `${found}; expected a minute such as 2026-11-22T14:32Z.`;
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

/** The query for these choices, with its question mark; empty if all of them are defaults. */
export function addressOf(choices: Choices): string {
  const parameters = new URLSearchParams();
  const put = (name: string, value: string, fallback: string): void => {
    if (value !== fallback) parameters.set(name, value);
  };
  if (choices.fixed) {
    parameters.set('from', isoMinute(choices.fixed.from));
    parameters.set('to', isoMinute(choices.fixed.to));
  }
  put('window', choices.window, DEFAULTS.window);
  if (choices.route.page !== 'place') put('location', choices.location, 'all');
  put('limit', String(choices.limit), '10');
  put('q', choices.q, '');
  put('sort', choices.sort, DEFAULTS.sort);
  put('refresh', String(choices.refresh), '1');
  put('tz', choices.tz, 'UTC');
  put('view', choices.view, 'chart');
  put('dt', choices.dt ?? '', '');
  put('allow_partial', String(choices.allowPartial), 'false');
  if (choices.theme) parameters.set('theme', choices.theme);
  const query = parameters.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return query === '' ? '' : `?${query}`;
}
