/**
 * A batch of puts, gets or deletes from beginning to end: plan, send, collect, and again for the rows that failed. The
 * face (client.ts) hands it actions and turns its outcomes into answers.
 *
 * Every row ends as cells or as an error. Only rows that failed are sent again: after reading meta anew where a server
 * says that they are elsewhere, with growing waits, until no row of the batch was done for the time of an operation;
 * then they carry their last error and the others keep their success. So a batch that a slow server needs long for goes
 * on for as long as it gets on, and a server that answers every row with a refusal ends it. Sending twice is safe since
 * every timestamp is the caller's own.
 */
import type { Actions } from './actions.ts';
import { asHBaseError, deadlineError, HBaseError, isResent } from './errors.ts';
import type { Meta } from './meta.ts';
import { decodeMulti, encodeMulti } from './multi.ts';
import type { Outcome } from './multi.ts';
import type { Pace } from './pace.ts';
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

/** `signal`: nothing further is sent once it is aborted; of reads alone, whose caller has stopped waiting. */
export async function runBatch(
  reach: Reach,
  table: string,
  actions: Actions,
  signal?: AbortSignal,
): Promise<(Cell[] | HBaseError)[]> {
  const patience = new Patience(reach.operationTimeoutMs);
  const outcomes: Outcome[] = new Array<Outcome>(actions.count);
  let pending: number[] = [];
  for (let i = 0; i < actions.count; i++) {
    const fault = actions.fault(i);
    if (fault === undefined) pending.push(i);
    else outcomes[i] = fault;
  }
  let stale = 0;
  for (let attempt = 0; pending.length > 0; attempt++) {
    const regions = await attemptRows(reach, table, actions, pending, stale, patience, outcomes);
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
    if (waitMs > patience.leftMs || signal?.aborted === true) break;
    try {
      await pause(waitMs, reach.signal);
    } catch (error) {
      for (const i of failed) outcomes[i] = asHBaseError(error);
      break;
    }
    reach.emit({
      kind: 'retried',
      operation: actions.operation,
      attempt: attempt + 1,
      rows: failed.length,
      reason: first.message,
    });
  }
  return outcomes as (Cell[] | HBaseError)[];
}

function mayResend(outcome: Outcome): boolean {
  return outcome instanceof HBaseError && isResent(outcome);
}

/** One attempt at the given rows; leaves an outcome for each. Answers the regions that it went by. */
async function attemptRows(
  reach: Reach,
  table: string,
  actions: Actions,
  rows: readonly number[],
  stale: number,
  patience: Patience,
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
  const plan = planBatch(actions, rows, regions, (server) => reach.servers.pace(server).mostActions);
  if (plan.homeless.length > 0) {
    const nowhere = new HBaseError(
      'relocate',
      'NoRegion',
      `no server has the region of ${plan.homeless.length} rows of ${table} just now`,
    );
    for (const i of plan.homeless) outcomes[i] = nowhere;
  }
  await Promise.all(
    plan.requests.map((request) =>
      reach.servers
        .gate(request.server, REQUESTS_PER_SERVER)
        .through(actions, () => sendRequest(reach, actions, request, patience, outcomes)),
    ),
  );
  return regions;
}

async function sendRequest(
  reach: Reach,
  actions: Actions,
  request: ServerRequest,
  patience: Patience,
  outcomes: Outcome[],
): Promise<void> {
  const { parts, server } = request;
  try {
    const connection = await reach.servers.connection(server, 'ClientService');
    const timeoutMs = Math.floor(Math.min(reach.callTimeoutMs, patience.leftMs));
    if (timeoutMs <= 0) throw deadlineError(`a turn at ${server}`, reach.operationTimeoutMs);
    const pace = reach.servers.pace(server);
    // It waited for its turn behind one that was late: planned anew, it is smaller.
    if (request.actions > pace.mostActions)
      throw new HBaseError('wait', 'pace', `${server} is slow, and is asked for less at a time`);
    const reply = await timed(pace, request.actions, timeoutMs, () =>
      connection.call({ method: 'Multi', ...encodeMulti(actions, parts), timeoutMs }),
    );
    const answered = decodeMulti(
      reply.param,
      reply.cells,
      parts.map((part) => part.rows.length),
    );
    if (answered.some((results) => results.some((result) => result !== undefined && !(result instanceof HBaseError))))
      patience.renew();
    let unanswered: HBaseError | undefined;
    for (let p = 0; p < parts.length; p++) {
      const { rows } = parts[p]!;
      const results = answered[p]!;
      for (let index = 0; index < rows.length; index++)
        outcomes[rows[index]!] =
          results[index] ??
          (unanswered ??= new HBaseError('wait', 'unanswered', `${server} left rows out of its answer`, true));
    }
  } catch (error) {
    const failure = asHBaseError(error);
    for (const part of parts) for (const i of part.rows) outcomes[i] = failure;
  }
}

/** Lets a server's pace learn from how long a request took. */
async function timed<T>(pace: Pace, actions: number, timeoutMs: number, call: () => Promise<T>): Promise<T> {
  const askedAt = performance.now();
  try {
    const reply = await call();
    pace.answered(actions, performance.now() - askedAt, timeoutMs);
    return reply;
  } catch (error) {
    if (error instanceof HBaseError && error.exception === 'deadline') pace.late(actions);
    throw error;
  }
}

/** How long a batch may still wait: the time of an operation, anew with every answer in which a row is done. */
class Patience {
  private readonly limitMs: number;
  private since = performance.now();

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  get leftMs(): number {
    return this.since + this.limitMs - performance.now();
  }

  renew(): void {
    this.since = performance.now();
  }
}
