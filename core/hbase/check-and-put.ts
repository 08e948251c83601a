/**
 * One put on one condition, decided by the region server under the row's lock: how a horizon or a lock moves exactly
 * once. Unlike a batch it must not simply be sent again: if the first sending was applied, the second is refused by its
 * own effect, and a winner would be told that it lost.
 *
 * After a failure that leaves open whether the put was applied, the row is read:
 *   every cell of the put is there, value and timestamp   → it was applied: true
 *   the checked column is still as expected               → it was not (a late first sending fails or repeats itself): send again
 *   anything else                                         → somebody else's value; whether ours stood there before cannot
 *                                                           be known, so this throws, and the caller reads and decides
 * Two writers of identical cells cannot be told apart: a put that is to have one winner carries something of its own.
 */
import { putActions, getActions } from './actions.ts';
import { runBatch } from './batch.ts';
import type { Reach } from './batch.ts';
import { familyBytes } from './cells.ts';
import { asHBaseError, deadlineError, HBaseError, isResent, requestError } from './errors.ts';
import { messages } from './messages.ts';
import type { Region } from './regions.ts';
import { backoffMs, pause } from './retry.ts';
import type { Cell, RowPut } from './types.ts';

const EQUAL = 2;
const PUT = 2;
const COMPARATOR = 'org.apache.hadoop.hbase.filter.BinaryComparator';

export interface Check {
  row: Buffer;
  family: string;
  qualifier: Buffer;
  /** Null: the column must be absent. */
  expected: Buffer | null;
}

export async function checkAndPut(reach: Reach, table: string, check: Check, put: RowPut): Promise<boolean> {
  const actions = putActions([put]);
  const fault = actions.fault(0) ?? checkFault(check, put);
  if (fault !== undefined) throw fault;
  const deadline = performance.now() + reach.operationTimeoutMs;
  let stale = 0;
  for (let attempt = 0; ; attempt++) {
    let version = 0;
    try {
      const regions = await reach.meta.regions(table, stale);
      version = regions.version;
      return await sendOnce(reach, table, regions.at(put.row), check, put, deadline);
    } catch (thrown) {
      const error = asHBaseError(thrown);
      if (!isResent(error)) throw error;
      if (error.fate === 'relocate') stale = version;
      if (error.ambiguous && (await readWasApplied(reach, table, check, put, error))) return true;
      const waitMs = backoffMs(attempt);
      if (performance.now() + waitMs > deadline) throw error;
      await pause(waitMs, reach.signal);
      reach.emit({ kind: 'retried', operation: 'checkAndPut', attempt: attempt + 1, rows: 1, reason: error.message });
    }
  }
}

async function sendOnce(
  reach: Reach,
  table: string,
  region: Pick<Region, 'name' | 'server'> | undefined,
  check: Check,
  put: RowPut,
  deadline: number,
): Promise<boolean> {
  if (region === undefined || region.server === '')
    throw new HBaseError(
      'relocate',
      'NoRegion',
      `no server has the region of row ${put.row.toString('hex')} of ${table} just now`,
    );
  const connection = await reach.servers.connection(region.server, 'ClientService');
  const actions = putActions([put]);
  const cells = Buffer.allocUnsafe(actions.cellsBytes(0));
  actions.writeCells(cells, 0, 0);
  const comparator = messages.binaryComparator.encode({ comparable: { value: check.expected ?? Buffer.alloc(0) } });
  const param = messages.mutateRequest.encode({
    region: { type: 1, value: region.name },
    mutation: { row: put.row, mutate_type: PUT, associated_cell_count: put.cells.length },
    condition: {
      row: check.row,
      family: familyBytes(check.family),
      qualifier: check.qualifier,
      compare_type: EQUAL,
      comparator: { name: COMPARATOR, serialized_comparator: comparator },
    },
  });
  const timeoutMs = Math.floor(Math.min(reach.callTimeoutMs, deadline - performance.now()));
  if (timeoutMs <= 0) throw new HBaseError('relocate', 'deadline', `no time is left for a check-and-put of ${table}`);
  const reply = await connection.call({ method: 'Mutate', param, cells, timeoutMs });
  const { processed } = messages.mutateResponse.decode(reply.param);
  if (processed === undefined)
    throw new HBaseError(
      'wait',
      'unanswered',
      `${region.server} does not say whether it applied a check-and-put`,
      true,
    );
  return processed;
}

/** True: applied. False: not applied, send again. Throws where that cannot be known. */
async function readWasApplied(
  reach: Reach,
  table: string,
  check: Check,
  put: RowPut,
  failure: HBaseError,
): Promise<boolean> {
  const columns = [check, ...put.cells].map(({ family, qualifier }) => ({ family, qualifier }));
  const [found] = await runBatch(reach, table, getActions([{ row: put.row, columns }]));
  if (found === undefined) throw deadlineError('a read after a check-and-put', reach.operationTimeoutMs);
  if (found instanceof HBaseError && !isResent(found)) throw found;
  if (found instanceof HBaseError)
    throw new HBaseError('anew', 'ambiguous', `${failure.message}; and reading the row failed: ${found.message}`, true);
  return wasApplied(found, check, put, failure);
}

export function wasApplied(found: readonly Cell[], check: Check, put: RowPut, failure: HBaseError): boolean {
  const cellOf = (family: string, qualifier: Buffer) =>
    found.find((cell) => cell.family === family && cell.qualifier.equals(qualifier));
  const applied = put.cells.every((cell) => {
    const there = cellOf(cell.family, cell.qualifier);
    return there !== undefined && there.timestamp === cell.timestamp && there.value.equals(cell.value);
  });
  if (applied) return true;
  const value = cellOf(check.family, check.qualifier)?.value;
  const asExpected =
    check.expected === null ? value === undefined || value.length === 0 : value?.equals(check.expected) === true;
  if (asExpected) return false;
  throw new HBaseError(
    'anew',
    'ambiguous',
    `${failure.message}; the column holds another value by now: read it and decide`,
    true,
  );
}

function checkFault(check: Check, put: RowPut): HBaseError | undefined {
  if (!check.row.equals(put.row)) return requestError('a check-and-put whose check and put name different rows');
  if (check.expected?.length === 0)
    return requestError('a check for an empty value, which HBase takes for absent: expect null');
  return undefined;
}
