/** GET /api/v1/top-items, /api/v1/locations, /api/v1/timeline. */
import type { Serving } from '../app/app.ts';
import { currentServing } from '../app/process.ts';
import { LOCATIONS, TIMELINE, TOP_ITEMS } from './path-parameters.ts';
import { readQuery } from './parameters.ts';
import { respond } from './respond.ts';

export function getTopItems(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond('/api/v1/top-items', request, serving, async () => {
    const { allow_partial: allowPartial, ...asked } = readQuery(TOP_ITEMS, request);
    return serving.topItems({ ...asked, allowPartial }, request);
  });
}

export function getLocations(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond('/api/v1/locations', request, serving, async () => {
    const { allow_partial: allowPartial, ...asked } = readQuery(LOCATIONS, request);
    return serving.locations({ ...asked, allowPartial }, request);
  });
}

export function getTimeline(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond('/api/v1/timeline', request, serving, async () => {
    const { step: stepSeconds, allow_partial: allowPartial, ...asked } = readQuery(TIMELINE, request);
    return serving.timeline({ ...asked, stepSeconds, allowPartial }, request);
  });
}
