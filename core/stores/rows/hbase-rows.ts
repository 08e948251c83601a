/**
 * Between the HBase client's answers and the stores': the three turns that every store takes.
 *
 * The client answers row by row and never throws for a row; a store that writes needs all of its rows written, and
 * throws one fault otherwise. An HBaseError becomes here what it means for callers (hbase/errors.ts, hbaseFault): a
 * Retryable, a Refusal with its remedy, or a bug.
 */
import type { HBaseClient, PutAnswer, GetAnswer, RowGet, RowPut, RowDelete, Cell } from '../../hbase/types.ts';
import type { Answer } from './answers.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { Retryable } from '../../process/errors.ts';
import type { HBaseError } from '../../hbase/errors.ts';
import { hbaseFault, isResent } from '../../hbase/errors.ts';

export async function getRows<Row>(
  hbase: HBaseClient,
  table: string,
  gets: RowGet[],
  decode: (cells: Cell[], index: number) => Row,
  limits?: ReadLimits,
): Promise<Answer<Row>[]> {
  if (gets.length === 0) return [];
  const answers = await askHBase(table, () => hbase.get(table, gets, limits));
  return gets.map((_, index) => decoded(table, answers[index], (cells) => decode(cells, index)));
}

function decoded<Row>(table: string, answer: GetAnswer | undefined, decode: (cells: Cell[]) => Row): Answer<Row> {
  if (!answer) return { status: 'failed', because: 'HBase did not name the row in its answer' };
  if (answer.status === 'failed')
    return { status: 'failed', because: answer.error.message, fault: hbaseFault(table, answer.error) };
  return answer.status === 'found' ? { status: 'found', row: decode(answer.cells) } : { status: 'absent' };
}

/** Writes every row or throws. */
export async function putRows(hbase: HBaseClient, table: string, puts: RowPut[]): Promise<void> {
  if (puts.length > 0) allDone(table, puts.length, await askHBase(table, () => hbase.put(table, puts)));
}

/** Deletes every row up to its timestamp or throws. */
export async function deleteRows(hbase: HBaseClient, table: string, deletes: RowDelete[]): Promise<void> {
  if (deletes.length > 0) allDone(table, deletes.length, await askHBase(table, () => hbase.delete(table, deletes)));
}

function allDone(table: string, asked: number, answers: readonly PutAnswer[]): void {
  const errors = answers.flatMap((answer) => (answer.status === 'failed' ? [answer.error] : []));
  const failed = errors.find((error) => !isResent(error)) ?? errors[0];
  // mutation: failed-put
  if (failed !== undefined) throw hbaseFault(table, failed);
  if (answers.length !== asked) {
    throw new Retryable('HBase', `${table}: ${answers.length} of ${asked} rows were answered`);
  }
}

/** Asks the client; an HBaseError becomes what it means for callers. */
export async function askHBase<T>(table: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw isHBaseError(thrown) ? hbaseFault(table, thrown) : thrown;
  }
}

/** By its name, since pages and routes are bundled apart, each with a copy of the class. */
function isHBaseError(thrown: unknown): thrown is HBaseError {
  return thrown instanceof Error && thrown.name === 'HBaseError';
}

/** Whether a fault says that HBase has no such table, or no such namespace: nothing was prepared yet. */
export function isWithoutTables(fault: unknown): boolean {
  const cause = fault instanceof Error ? fault.cause : undefined;
  return isHBaseError(cause) && ['TableNotFoundException', 'NamespaceNotFoundException'].includes(cause.exception);
}
