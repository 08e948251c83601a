/**
 * The path of each page; address.ts has the query.
 *
 * Screens say "place", paths and code say `location` (docs/decisions/0001-words.md). A link to another page keeps the
 * choices that count for all pages: window, refresh, time zone.
 */
import type { Choices, Route } from './address.ts';
import { addressOf, DEFAULTS } from './address.ts';

export function pathOf(route: Route): string {
  switch (route.page) {
    case 'live':
      return '/';
    case 'places':
      return '/locations';
    case 'place':
      return `/locations/${route.location}`;
    case 'detection':
      return `/detections/${route.id}`;
    case 'cameras':
      return '/cameras';
    case 'trust':
      return '/trust';
    case 'run':
      return `/trust/${route.epoch}`;
    case 'data':
      return '/data';
  }
}

/** The address of another page for the same viewer. */
export function linkTo(
  route: Route,
  { window, fixed, refresh, tz, theme }: Choices,
  changed: Partial<Choices> = {},
): string {
  return pathOf(route) + addressOf({ ...DEFAULTS, window, fixed, refresh, tz, theme, ...changed, route });
}

/** The five pages of the navigation. */
export const PAGES = [
  { page: 'live', name: 'Live' },
  { page: 'places', name: 'Places' },
  { page: 'cameras', name: 'Cameras' },
  { page: 'trust', name: 'Trust' },
  { page: 'data', name: 'Data' },
] as const;

/** The page of the navigation to which a page belongs. */
export function homeOf({ page }: Route): (typeof PAGES)[number]['page'] {
  return page === 'place' ? 'places' : page === 'run' ? 'trust' : page === 'detection' ? 'places' : page;
}
