/**
 * A batch of puts, gets or deletes from beginning to end: plan, send, collect, and repeat for the rows that failed.
 * client.ts hands it actions and turns its outcomes into answers.
 *
 * Every row ends as cells or as an error. The batch resends only rows that failed, with growing waits, and reads meta
 * anew where a server says that a row is elsewhere. It gives up when no row succeeds for the time of one operation;
 * then the failed rows carry their last error and the others keep their success. So a slow server gets the time that it
 * needs as long as it makes progress, and a server that refuses every row ends the batch. Sending twice is safe, since
 * every timestamp is the caller's own.
 */
import type { Actions } from './actions.ts';
import { asHBaseError, deadlineError, HBaseError, isResent, noServerError } from './errors.ts';
import type { Meta } from './meta.ts';
import { decodeMulti, encodeMulti } from './multi.ts';
import type { Outcome } from './multi.ts';
import type { Pace } from './pace.ts';
import { planBatch } from './plan.ts';
import type { ServerRequest } from './plan.ts';
import type { TableRegions } from './regions.ts';
import { Patience, withRetry } from './retry.ts';
import type { Servers } from './servers.ts';
import type { Cell, HBaseEvent } from './types.ts';

/** What every operation needs to reach the servers. */
export interface Reach {
  readonly meta: Pick<Meta, 'regions' | 'forget'>;
  readonly servers: Servers;
  readonly callTimeoutMs: number;
  readonly operationTimeoutMs: number;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
  readonly emit: (event: HBaseEvent) => void;
}

/** How many requests of batches one server handles at a time. */
const REQUESTS_PER_SERVER = 3;

/** One batch under way: what is sent, and what has become of each row so far. */
interface Batch {
  readonly reach: Reach;
  readonly table: string;
  readonly actions: Actions;
  readonly patience: Patience;
  readonly outcomes: Outcome[];
}

/** `signal`: the batch sends nothing further once it is aborted. Only reads have one; their caller stops waiting. */
export async function runBatch(
  reach: Reach,
  table: string,
  actions: Actions,
  signal?: AbortSignal,
): Promise<(Cell[] | HBaseError)[]> {
  const outcomes = Array.from({ length: actions.count }, (_, i): Outcome => actions.fault(i));
  const batch: Batch = { reach, table, actions, patience: new Patience(reach.operationTimeoutMs), outcomes };
  let pending = [...outcomes.keys()].filter((i) => outcomes[i] === undefined);
  let stale = 0;
  const attempt = async (): Promise<void> => {
    const regions = await attemptRows(batch, pending, stale);
    pending = pending.filter((i) => mayResend(outcomes[i]));
    if (pending.length === 0 || signal?.aborted === true) return;
    const first = outcomes[pending[0]!] as HBaseError;
    const hasMoved = pending.some((i) => (outcomes[i] as HBaseError).fate === 'relocate');
    if (hasMoved && regions !== undefined) {
      stale = regions.version;
      reach.emit({ kind: 'relocated', table, reason: first.message });
    }
    throw first;
  };
  const onRetry = (error: HBaseError, attempts: number): void =>
    reach.emit({
      kind: 'retried',
      operation: actions.operation,
      attempt: attempts,
      rows: pending.length,
      reason: error.message,
    });
  if (pending.length > 0)
    await withRetry({ patience: batch.patience, signal: reach.signal, onRetry }, attempt).catch((error: unknown) => {
      // When the time is over the rows keep their last errors; when the client is closed, that is what happened.
      if (!mayResend(error)) for (const i of pending) outcomes[i] = asHBaseError(error);
    });
  return outcomes as (Cell[] | HBaseError)[];
}

function mayResend(outcome: unknown): outcome is HBaseError {
  return outcome instanceof HBaseError && isResent(outcome);
}

/** Sends the given rows once and leaves an outcome for each. Answers the regions that it went by. */
async function attemptRows(batch: Batch, rows: readonly number[], stale: number): Promise<TableRegions | undefined> {
  const { reach, table, actions, outcomes } = batch;
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
    const error = noServerError(`${plan.homeless.length} rows of ${table}`);
    for (const i of plan.homeless) outcomes[i] = error;
  }
  await Promise.all(
    plan.requests.map((request) =>
      reach.servers.gate(request.server, REQUESTS_PER_SERVER).through(actions, () => sendRequest(batch, request)),
    ),
  );
  return regions;
}

async function sendRequest({ reach, actions, patience, outcomes }: Batch, request: ServerRequest): Promise<void> {
  const { parts, server } = request;
  try {
    const connection = await reach.servers.connection(server, 'ClientService');
    const timeoutMs = Math.floor(Math.min(reach.callTimeoutMs, patience.leftMs));
    if (timeoutMs <= 0) throw deadlineError(`a turn at ${server}`, reach.operationTimeoutMs);
    const pace = reach.servers.pace(server);
    // A request before this one was late, so the server takes less now: the next attempt plans a smaller request.
    if (request.actions > pace.mostActions)
      throw new HBaseError(
        'wait',
        'pace',
        `${server} is slow: it takes ${pace.mostActions} rows in a request now, and this one has ${request.actions}`,
      );
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
          (unanswered ??= new HBaseError('wait', 'unanswered', `${server} did not answer for every row`, {
            isAmbiguous: true,
          }));
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
