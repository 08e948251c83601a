/**
 * Which page: the path of the address, as address.ts is its query.
 *
 * Screens say "place", paths say `location`, like all code (docs/decisions/0001-words.md). A link to another page keeps
 * what the viewer has chosen for all of them: window, pace and time zone.
 */
import type { Shown, Where } from './address.ts';
import { addressOf, DEFAULTS } from './address.ts';

export const LIVE: Where = { page: 'live' };

export function pathOf(where: Where): string {
  switch (where.page) {
    case 'live':
      return '/';
    case 'places':
      return '/locations';
    case 'place':
      return `/locations/${where.location}`;
    case 'detection':
      return `/detections/${where.id}`;
    case 'trust':
      return '/trust';
    case 'run':
      return `/trust/${where.epoch}`;
    case 'data':
      return '/data';
  }
}

/** The address of another page for the same viewer. */
export function linkTo(
  where: Where,
  { window, fixed, refresh, tz, theme }: Shown,
  changed: Partial<Shown> = {},
): string {
  return pathOf(where) + addressOf({ ...DEFAULTS, window, fixed, refresh, tz, theme, ...changed, where });
}

/** The four pages of the navigation, and which of them a page belongs to. */
export const PAGES = [
  { page: 'live', name: 'Live' },
  { page: 'places', name: 'Places' },
  { page: 'trust', name: 'Trust' },
  { page: 'data', name: 'Data' },
] as const;

export function homeOf({ page }: Where): (typeof PAGES)[number]['page'] {
  return page === 'place' ? 'places' : page === 'run' ? 'trust' : page === 'detection' ? 'places' : page;
}
