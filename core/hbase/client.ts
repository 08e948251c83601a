/**
 * The entrance of our HBase client: puts its parts together and turns outcomes into answers. The HBase stores of
 * core/stores are its only callers, and import only this file, types.ts and errors.ts.
 *
 * The client connects with the first question. Every question has a deadline; every row has an answer, in the order of
 * the request. Why a client of our own: docs/decisions/0003-hbase.md#a-client-of-our-own.
 */
import { untilAborted } from '../process/read-limits.ts';
import { deleteActions, getActions, putActions } from './actions.ts';
import type { Actions } from './actions.ts';
import { hbaseAdmin } from './admin.ts';
import { runBatch } from './batch.ts';
import type { Reach } from './batch.ts';
import { checkAndPut } from './check-and-put.ts';
import { deadlineError, HBaseError } from './errors.ts';
import { Master } from './master.ts';
import { masterDirectory } from './master-directory.ts';
import { Meta } from './meta.ts';
import { scanTable } from './scan.ts';
import { Servers } from './servers.ts';
import type { Cell, GetAnswer, HBaseClient, HBaseClientOptions, PutAnswer } from './types.ts';
import { zookeeperDirectory } from './zookeeper.ts';
import { inTime } from '../process/in-time.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const PING_TIMEOUT_MS = 2_000;
/** What a cell takes beside its row, qualifier and value. */
const CELL_BYTES = 24;
/** Nearly every row has one of these answers. */
const DONE: PutAnswer = { status: 'done' };
const ABSENT: GetAnswer = { status: 'absent' };

export function createHBaseClient(options: HBaseClientOptions): HBaseClient {
  const { callTimeoutMs, operationTimeoutMs } = options;
  const emit = options.onEvent ?? (() => undefined);
  const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, callTimeoutMs);
  const stop = new AbortController();
  const servers = new Servers({ user: options.user, ...options.access }, connectTimeoutMs, emit);
  const directory =
    options.masters === undefined
      ? zookeeperDirectory({
          quorum: options.zookeeper,
          znode: options.znode,
          access: options.zookeeperAccess ?? {},
          timeoutMs: connectTimeoutMs,
          signal: stop.signal,
        })
      : masterDirectory(options.masters, servers, callTimeoutMs);
  const meta = new Meta(directory, servers, callTimeoutMs, emit);
  const reach: Reach = { meta, servers, callTimeoutMs, operationTimeoutMs, signal: stop.signal, emit };
  const close = async () => {
    options.signal?.removeEventListener('abort', onAbort);
    stop.abort();
    await servers.close();
  };
  const onAbort = () => void close();
  if (options.signal?.aborted === true) stop.abort();
  options.signal?.addEventListener('abort', onAbort, { once: true });

  const write = async (table: string, actions: Actions): Promise<PutAnswer[]> => {
    const outcomes = await runBatch(reach, table, actions);
    return outcomes.map((outcome) => (outcome instanceof HBaseError ? { status: 'failed', error: outcome } : DONE));
  };
  return {
    put: (table, puts) => write(table, putActions(puts)),
    delete: (table, deletes) => write(table, deleteActions(deletes)),
    async get(table, gets, limits) {
      const outcomes = await untilAborted(runBatch(reach, table, getActions(gets), limits?.signal), limits?.signal);
      limits?.onBytes?.(bytesOf(outcomes));
      return outcomes.map((outcome) => {
        if (outcome instanceof HBaseError) return { status: 'failed', error: outcome };
        return outcome.length === 0 ? ABSENT : { status: 'found', cells: outcome };
      });
    },
    scan: (table, scan) => scanTable(reach, table, scan),
    checkAndPut: (table, check, put) => checkAndPut(reach, table, check, put),
    admin: hbaseAdmin(reach, new Master(directory, reach)),
    ping: () => ping(meta),
    close,
  };
}

/** About how many bytes the answers took on the wire. */
function bytesOf(outcomes: readonly (Cell[] | HBaseError)[]): number {
  let bytes = 0;
  for (const outcome of outcomes)
    if (!(outcome instanceof HBaseError))
      for (const { row, qualifier, value } of outcome)
        bytes += CELL_BYTES + row.length + qualifier.length + value.length;
  return bytes;
}

/** Asks meta, and repeats once, since meta may have left the server that we remember. Takes no longer than a ping. */
function ping(meta: Meta): Promise<void> {
  const answer = meta.ping(PING_TIMEOUT_MS).catch(() => meta.ping(PING_TIMEOUT_MS));
  return inTime(answer, PING_TIMEOUT_MS, () => {
    throw deadlineError('a ping', PING_TIMEOUT_MS);
  });
}
