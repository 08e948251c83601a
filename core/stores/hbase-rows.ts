/**
 * Between the HBase client's answers and the stores': the three turns that every store takes.
 *
 * The client answers row by row and never throws for a row; a store that writes needs all of its rows written, and says so
 * with one Retryable. Connection faults are thrown by the client as HBaseError and become Retryable here as well.
 */
import type { HBaseClient, PutAnswer, GetAnswer, RowGet, RowPut, RowDelete, Cell } from './hbase/types.ts';
import type { Answer } from './answers.ts';
import type { ReadLimits } from '../process/read-limits.ts';
import { messageOf, Retryable } from '../process/errors.ts';

export async function getRows<Row>(
  hbase: HBaseClient,
  table: string,
  gets: RowGet[],
  decode: (cells: Cell[], index: number) => Row,
  limits?: ReadLimits,
): Promise<Answer<Row>[]> {
  if (gets.length === 0) return [];
  const answers = await asRetryable(table, () => hbase.get(table, gets, limits));
  return gets.map((_, index) => decoded(answers[index], (cells) => decode(cells, index)));
}

function decoded<Row>(answer: GetAnswer | undefined, decode: (cells: Cell[]) => Row): Answer<Row> {
  if (!answer) return { status: 'failed', because: 'HBase did not name the row in its answer' };
  if (answer.status === 'failed') return { status: 'failed', because: answer.error.message };
  return answer.status === 'found' ? { status: 'found', row: decode(answer.cells) } : { status: 'absent' };
}

/** Writes every row or throws a Retryable. */
export async function putRows(hbase: HBaseClient, table: string, puts: RowPut[]): Promise<void> {
  if (puts.length > 0) allDone(table, puts.length, await asRetryable(table, () => hbase.put(table, puts)));
}

/** Deletes every row up to its timestamp or throws a Retryable. */
export async function deleteRows(hbase: HBaseClient, table: string, deletes: RowDelete[]): Promise<void> {
  if (deletes.length > 0) allDone(table, deletes.length, await asRetryable(table, () => hbase.delete(table, deletes)));
}

function allDone(table: string, asked: number, answers: readonly PutAnswer[]): void {
  const failed = answers.find((answer) => answer.status === 'failed');
  if (failed?.status === 'failed') throw new Retryable('HBase', `${table}: a row was not written: ${failed.error.message}`);
  if (answers.length !== asked) {
    throw new Retryable('HBase', `${table}: ${answers.length} of ${asked} rows were answered`);
  }
}

export async function asRetryable<T>(table: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'HBaseError') {
      throw new Retryable('HBase', `${table}: ${messageOf(thrown)}`, thrown);
    }
    throw thrown;
  }
}
