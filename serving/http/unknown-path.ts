/** GET of a path below /api that the API does not have: a problem answer, not a page. */
import type { Serving } from '../app/app.ts';
import { NothingThere } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { respond } from './respond.ts';

export function getNothing(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond('/api/<unknown>', request, serving, async () => {
    throw new NothingThere(`The API has no ${new URL(request.url).pathname}; docs/api.md lists what it has`);
  });
}
