/** GET /api/v1/top-items, /api/v1/locations, /api/v1/timeline. */
import type { Serving } from '../app.ts';
import { currentServing } from '../process.ts';
import { flagIn, locationIn, parametersOf, wholeIn, windowIn, zoneIn } from './parameters.ts';
import { respond } from './respond.ts';

const A_WEEK_OF_SECONDS = 7 * 86_400;

export function getTopItems(request: Request, _params: object = {}, serving: Serving = currentServing()): Promise<Response> {
  return respond('/api/v1/top-items', request, serving, async () => {
    const parameters = parametersOf(request);
    const limit = wholeIn(parameters, 'limit', { least: 1, greatest: 1_000 });
    return serving.topItems({
      location: locationIn(parameters),
      ...windowIn(parameters),
      ...(limit === undefined ? {} : { limit }),
      parts: flagIn(parameters, 'parts'),
      allowPartial: flagIn(parameters, 'allow_partial'),
    }, request);
  });
}

export function getLocations(request: Request, _params: object = {}, serving: Serving = currentServing()): Promise<Response> {
  return respond('/api/v1/locations', request, serving, async () => {
    const parameters = parametersOf(request);
    return serving.locations({ ...windowIn(parameters), parts: flagIn(parameters, 'parts'), allowPartial: flagIn(parameters, 'allow_partial') }, request);
  });
}

export function getTimeline(request: Request, _params: object = {}, serving: Serving = currentServing()): Promise<Response> {
  return respond('/api/v1/timeline', request, serving, async () => {
    const parameters = parametersOf(request);
    const stepSeconds = wholeIn(parameters, 'step', { least: 60, greatest: A_WEEK_OF_SECONDS, multipleOf: 60 });
    const tz = zoneIn(parameters, 'tz');
    return serving.timeline({
      location: locationIn(parameters),
      ...windowIn(parameters),
      ...(stepSeconds === undefined ? {} : { stepSeconds }),
      ...(tz === undefined ? {} : { tz }),
      parts: flagIn(parameters, 'parts'),
      allowPartial: flagIn(parameters, 'allow_partial'),
    }, request);
  });
}
