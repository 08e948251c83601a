/**
 * One put on one condition (compare-and-set), which the region server decides under the row's lock: how a horizon or a
 * lock moves exactly once. The client must not simply resend it as it does a batch: if the server applied the first
 * sending, the second fails on the first one's effect, and the winner would hear that it lost.
 *
 * After a failure that leaves open whether the server applied the put, the client reads the row:
 *   every cell of the put is there, value and timestamp   → the server applied it: true
 *   the checked column is still as expected               → it did not, and a late first sending changes nothing: resend
 *   anything else                                         → somebody else's value. Nobody knows whether ours stood there
 *                                                           before, so this throws, and the caller reads and begins again
 * Two writers of identical cells look the same: a put that must have one winner carries something of its own.
 */
import { putActions, getActions } from './actions.ts';
import { runBatch } from './batch.ts';
import type { Reach } from './batch.ts';
import { familyBytes } from './cells.ts';
import { asHBaseError, HBaseError, isResent, noServerError, requestError } from './errors.ts';
import { messages } from './messages.ts';
import type { Region } from './regions.ts';
import { Patience, withRetry } from './retry.ts';
import type { Cell, Check, RowPut } from './types.ts';

const EQUAL = 2;
const PUT = 2;
const COMPARATOR = 'org.apache.hadoop.hbase.filter.BinaryComparator';

/** One check-and-put under way. */
interface Sending {
  readonly reach: Reach;
  readonly table: string;
  readonly check: Check;
  readonly put: RowPut;
  readonly patience: Patience;
}

export async function checkAndPut(reach: Reach, table: string, check: Check, put: RowPut): Promise<boolean> {
  const fault = putActions([put]).fault(0) ?? checkFault(check, put);
  if (fault !== undefined) throw fault;
  const patience = new Patience(reach.operationTimeoutMs);
  const sending: Sending = { reach, table, check, put, patience };
  let stale = 0;
  const attempt = async (): Promise<boolean> => {
    let version = 0;
    try {
      const regions = await reach.meta.regions(table, stale);
      version = regions.version;
      return await sendOnce(sending, regions.at(put.row));
    } catch (thrown) {
      const error = asHBaseError(thrown);
      if (error.fate === 'relocate') stale = version;
      if (isResent(error) && error.isAmbiguous && (await readWasApplied(sending, error))) return true;
      throw error;
    }
  };
  const onRetry = (error: HBaseError, attempts: number): void =>
    reach.emit({ kind: 'retried', operation: 'checkAndPut', attempt: attempts, rows: 1, reason: error.message });
  return withRetry({ patience, signal: reach.signal, onRetry }, attempt);
}

async function sendOnce(
  { reach, table, check, put, patience }: Sending,
  region: Pick<Region, 'name' | 'server'> | undefined,
): Promise<boolean> {
  if (region === undefined || region.server === '') throw noServerError(`row ${put.row.toString('hex')} of ${table}`);
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
  const timeoutMs = Math.floor(Math.min(reach.callTimeoutMs, patience.leftMs));
  if (timeoutMs <= 0) throw new HBaseError('relocate', 'deadline', `no time is left for a check-and-put of ${table}`);
  const reply = await connection.call({ method: 'Mutate', param, cells, timeoutMs });
  const { processed } = messages.mutateResponse.decode(reply.param);
  if (processed === undefined)
    throw new HBaseError('wait', 'unanswered', `${region.server} does not say whether it applied a check-and-put`, {
      isAmbiguous: true,
    });
  return processed;
}

/** True: applied. False: not applied, send again. Throws where that cannot be known. */
async function readWasApplied({ reach, table, check, put }: Sending, failure: HBaseError): Promise<boolean> {
  const columns = [check, ...put.cells].map(({ family, qualifier }) => ({ family, qualifier }));
  const [cells] = await runBatch(reach, table, getActions([{ row: put.row, columns }]));
  if (cells instanceof HBaseError && !isResent(cells)) throw cells;
  if (cells instanceof HBaseError)
    throw new HBaseError('anew', 'ambiguous', `${failure.message}; and reading the row failed: ${cells.message}`, {
      isAmbiguous: true,
    });
  return wasApplied(cells!, check, put, failure);
}

export function wasApplied(cells: readonly Cell[], check: Check, put: RowPut, failure: HBaseError): boolean {
  const cellOf = (family: string, qualifier: Buffer) =>
    cells.find((cell) => cell.family === family && cell.qualifier.equals(qualifier));
  const applied = put.cells.every((cell) => {
    const stored = cellOf(cell.family, cell.qualifier);
    return stored !== undefined && stored.timestamp === cell.timestamp && stored.value.equals(cell.value);
  });
  if (applied) return true;
  const value = cellOf(check.family, check.qualifier)?.value;
  const isAsExpected =
    check.expected === null ? value === undefined || value.length === 0 : value?.equals(check.expected) === true;
  if (isAsExpected) return false;
  throw new HBaseError(
    'anew',
    'ambiguous',
    `${failure.message}; the column has another value now: read the row and begin again`,
    { isAmbiguous: true },
  );
}

function checkFault(check: Check, put: RowPut): HBaseError | undefined {
  if (!check.row.equals(put.row)) return requestError('a check-and-put whose check and put name different rows');
  if (check.expected?.length === 0)
    return requestError('a check for an empty value, which HBase takes for absent: expect null');
  return undefined;
}
