/** GET /api/v1/trust, /api/v1/runs, /api/v1/runs/<epoch>, /api/v1/lake. */
import type { Serving } from '../app.ts';
import { BadQuestion, NothingThere } from '../faults.ts';
import { currentServing } from '../process.ts';
import { parametersOf, wholeIn } from './parameters.ts';
import { OPERATORS, respond } from './respond.ts';
import { seenBy } from '../access/seen.ts';

const EPOCH_NAME = /^\d{4}-\d{2}-\d{2}(T\d{4}(\d{2})?)?$/;

export function getTrust(request: Request, _params: object = {}, serving: Serving = currentServing()): Promise<Response> {
  return respond('/api/v1/trust', request, serving, ({ role }) => seenBy(role, serving).trust(request));
}

export function getRuns(request: Request, _params: object = {}, serving: Serving = currentServing()): Promise<Response> {
  return respond('/api/v1/runs', request, serving, async () => {
    const limit = wholeIn(parametersOf(request), 'limit', { least: 1, greatest: 1_000 });
    return serving.runs(limit === undefined ? {} : { limit }, request);
  }, OPERATORS);
}

export function getRun(request: Request, params: { epoch: string }, serving: Serving = currentServing()): Promise<Response> {
  return respond('/api/v1/runs/<epoch>', request, serving, async () => {
    const { epoch } = params;
    if (!EPOCH_NAME.test(epoch)) {
      throw new BadQuestion('epoch', 'the name of an epoch was expected, such as 2026-11-22 or 2026-11-22T1410');
    }
    const report = await serving.run(epoch, request);
    if (!report) throw new NothingThere(`Epoch ${epoch} is not published; /api/v1/runs lists those that are`);
    return report;
  }, OPERATORS);
}

export function getLake(request: Request, _params: object = {}, serving: Serving = currentServing()): Promise<Response> {
  return respond('/api/v1/lake', request, serving, () => serving.lake(request));
}
