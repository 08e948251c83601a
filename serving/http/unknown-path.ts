/** GET of an unknown path below /api: a problem answer instead of a page. */
import type { Serving } from '../app/app.ts';
import { NotFound } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { respondJson } from './respond.ts';

export function getUnknownPath(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/<unknown>' }, request, serving, async () => {
    throw new NotFound(`The API has no path ${new URL(request.url).pathname}; docs/api.md lists all paths`);
  });
}
