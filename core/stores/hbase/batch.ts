/**
 * A batch of puts, gets or deletes from beginning to end: plan, send, collect, and again for the rows that failed. The
 * face (client.ts) hands it actions and turns its outcomes into answers.
 *
 * Every row ends as cells or as an error. Only rows that failed are sent again: after reading meta anew where a server
 * says that they are elsewhere, with growing waits, until the operation's deadline; then they carry their last error and
 * the others keep their success. Sending twice is safe since every timestamp is the caller's own.
 */
import type { Actions } from './actions.ts';
import { asHBaseError, deadlineError, HBaseError } from './errors.ts';
import type { Meta } from './meta.ts';
import { decodeMulti, encodeMulti } from './multi.ts';
import type { Outcome } from './multi.ts';
import { planBatch } from './plan.ts';
import type { ServerRequest } from './plan.ts';
import type { TableRegions } from './regions.ts';
import { backoffMs, pause } from './retry.ts';
import type { Servers } from './servers.ts';
import type { Cell, HBaseEvent } from './types.ts';

/** What every operation needs to reach the servers. */
export interface Reach {
  meta: Pick<Meta, 'regions' | 'forget'>;
  servers: Servers;
  callTimeoutMs: number;
  operationTimeoutMs: number;
  signal: AbortSignal;
  emit: (event: HBaseEvent) => void;
}

/** Batches under way at one server at a time. */
const REQUESTS_PER_SERVER = 3;

export async function runBatch(reach: Reach, table: string, actions: Actions): Promise<(Cell[] | HBaseError)[]> {
  const deadline = performance.now() + reach.operationTimeoutMs;
  const outcomes: Outcome[] = new Array<Outcome>(actions.count);
  let pending: number[] = [];
  for (let i = 0; i < actions.count; i++) {
    const fault = actions.fault(i);
    if (fault === undefined) pending.push(i);
    else outcomes[i] = fault;
  }
  let stale = 0;
  for (let attempt = 0; pending.length > 0; attempt++) {
    const regions = await attemptRows(reach, table, actions, pending, stale, deadline, outcomes);
    const failed = pending.filter((i) => mayResend(outcomes[i]));
    pending = failed;
    if (failed.length === 0) break;
    const first = outcomes[failed[0]!] as HBaseError;
    const moved = failed.some((i) => (outcomes[i] as HBaseError).fate === 'relocate');
    if (moved && regions !== undefined) {
      stale = regions.version;
      reach.emit({ kind: 'relocated', table, reason: first.message });
    }
    const waitMs = backoffMs(attempt);
    if (performance.now() + waitMs > deadline) break;
    try {
      await pause(waitMs, reach.signal);
    } catch (error) {
      for (const i of failed) outcomes[i] = asHBaseError(error);
      break;
    }
    reach.emit({ kind: 'retried', operation: actions.operation, attempt: attempt + 1, rows: failed.length, reason: first.message });
  }
  return outcomes as (Cell[] | HBaseError)[];
}

function mayResend(outcome: Outcome): boolean {
  return outcome instanceof HBaseError && outcome.fate !== 'give-up';
}

/** One attempt at the given rows; leaves an outcome for each. Answers the regions that it went by. */
async function attemptRows(
  reach: Reach,
  table: string,
  actions: Actions,
  rows: readonly number[],
  stale: number,
  deadline: number,
  outcomes: Outcome[],
): Promise<TableRegions | undefined> {
  let regions: TableRegions;
  try {
    regions = await reach.meta.regions(table, stale);
  } catch (error) {
    const failure = asHBaseError(error);
    for (const i of rows) outcomes[i] = failure;
    return undefined;
  }
  const plan = planBatch(actions, rows, regions);
  if (plan.homeless.length > 0) {
    const nowhere = new HBaseError('relocate', 'NoRegion', `no server has the region of ${plan.homeless.length} rows of ${table} just now`);
    for (const i of plan.homeless) outcomes[i] = nowhere;
  }
  await Promise.all(
    plan.requests.map((request) =>
      reach.servers
        .gate(request.server, REQUESTS_PER_SERVER)
        .through(() => sendRequest(reach, actions, request, deadline, outcomes)),
    ),
  );
  return regions;
}

async function sendRequest(reach: Reach, actions: Actions, request: ServerRequest, deadline: number, outcomes: Outcome[]): Promise<void> {
  const { parts, server } = request;
  try {
    const connection = await reach.servers.connection(server, 'ClientService');
    const timeoutMs = Math.floor(Math.min(reach.callTimeoutMs, deadline - performance.now()));
    if (timeoutMs <= 0) throw deadlineError(`a turn at ${server}`, reach.operationTimeoutMs);
    const reply = await connection.call({ method: 'Multi', ...encodeMulti(actions, parts), timeoutMs });
    const answered = decodeMulti(
      reply.param,
      reply.cells,
      parts.map((part) => part.rows.length),
    );
    let unanswered: HBaseError | undefined;
    for (let p = 0; p < parts.length; p++) {
      const { rows } = parts[p]!;
      const results = answered[p]!;
      for (let index = 0; index < rows.length; index++)
        outcomes[rows[index]!] =
          results[index] ?? (unanswered ??= new HBaseError('wait', 'unanswered', `${server} left rows out of its answer`, true));
    }
  } catch (error) {
    const failure = asHBaseError(error);
    for (const part of parts) for (const i of part.rows) outcomes[i] = failure;
  }
}
