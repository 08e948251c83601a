/** GET /api/v1/trust, /api/v1/runs, /api/v1/runs/<epoch>, /api/v1/lake. */
import type { Serving } from '../app/app.ts';
import { NothingThere } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { RUN_PATH, RUNS } from './path-parameters.ts';
import { readPath, readQuery } from './parameters.ts';
import { OPERATORS, respond } from './respond.ts';
import { seenBy } from './role-reports.ts';

export function getTrust(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond('/api/v1/trust', request, serving, ({ role }) => seenBy(role, serving).trust(request));
}

export function getRuns(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond(
    '/api/v1/runs',
    request,
    serving,
    async () => serving.runs(readQuery(RUNS, request), request),
    OPERATORS,
  );
}

export function getRun(
  request: Request,
  params: { epoch: string },
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond(
    '/api/v1/runs/<epoch>',
    request,
    serving,
    async () => {
      const epoch = readPath(RUN_PATH, 'epoch', params);
      const report = await serving.run(epoch, request);
      if (!report) throw new NothingThere(`Epoch ${epoch} is not published; /api/v1/runs lists those that are`);
      return report;
    },
    OPERATORS,
  );
}

export function getLake(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respond('/api/v1/lake', request, serving, () => serving.lake(request));
}
