/** GET /api/v1/trust, /api/v1/runs, /api/v1/runs/<epoch>, /api/v1/lake. */
import type { Serving } from '../app/app.ts';
import { NotFound } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { RUN_PATH, RUNS } from './path-parameters.ts';
import { readPath, readQuery } from './parameters.ts';
import { respondJson } from './respond.ts';
import { reportsFor } from './role-reports.ts';

export function getTrust(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/trust' }, request, serving, ({ role }) =>
    reportsFor(role, serving).trust(request),
  );
}

export function getRuns(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/runs', audience: 'operators' }, request, serving, async () =>
    serving.runs(readQuery(RUNS, request), request),
  );
}

export function getRun(
  request: Request,
  params: { epoch: string },
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/runs/<epoch>', audience: 'operators' }, request, serving, async () => {
    const epoch = readPath(RUN_PATH, 'epoch', params);
    const report = await serving.run(epoch, request);
    if (!report) throw new NotFound(`Epoch ${epoch} is not published; /api/v1/runs lists the published epochs`);
    return report;
  });
}

export function getLake(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondJson({ route: '/api/v1/lake' }, request, serving, () => serving.lake(request));
}
