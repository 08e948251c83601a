/** GET /api/v1/top-items, /api/v1/locations, /api/v1/timeline. */
import type { Serving } from '../app/app.ts';
import { currentServing } from '../app/process.ts';
import { LOCATIONS, TIMELINE, TOP_ITEMS } from './path-parameters.ts';
import { readQuery } from './parameters.ts';
import { respondJson } from './respond.ts';

export function getTopItems(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/top-items' }, request, serving, async () => {
    const { allow_partial: allowPartial, ...query } = readQuery(TOP_ITEMS, request);
    return serving.topItems({ ...query, allowPartial }, request);
  });
}

export function getLocations(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/locations' }, request, serving, async () => {
    const { allow_partial: allowPartial, ...query } = readQuery(LOCATIONS, request);
    return serving.locations({ ...query, allowPartial }, request);
  });
}

export function getTimeline(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/timeline' }, request, serving, async () => {
    const { step: stepSeconds, allow_partial: allowPartial, ...query } = readQuery(TIMELINE, request);
    return serving.timeline({ ...query, stepSeconds, allowPartial }, request);
  });
}
