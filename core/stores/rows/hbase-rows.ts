/**
 * From the HBase client's answers to those of the stores: reading rows, writing rows, deleting rows.
 *
 * The client answers row by row and never throws for a row; a store that writes needs all of its rows written, and
 * throws one fault otherwise. This file turns an HBaseError into what it means for callers (hbase/errors.ts,
 * hbaseFault): a Retryable, a Refusal with its remedy, or a bug.
 */
import type { HBaseClient, PutAnswer, GetAnswer, RowGet, RowPut, RowDelete, Cell } from '../../hbase/types.ts';
import type { Answer } from './answers.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { Retryable } from '../../process/errors.ts';
import type { HBaseError } from '../../hbase/errors.ts';
import { hbaseFault, isResent } from '../../hbase/errors.ts';

export interface RowsQuestion {
  readonly table: string;
  readonly gets: readonly RowGet[];
  readonly limits?: ReadLimits | undefined;
}

/** One answer a get, in order. */
export async function getRows<Row>(
  hbase: HBaseClient,
  { table, gets, limits }: RowsQuestion,
  decode: (cells: readonly Cell[], index: number) => Row,
): Promise<Answer<Row>[]> {
  if (gets.length === 0) return [];
  const answers = await askHBase(table, () => hbase.get(table, gets, limits));
  return gets.map((_, index) => decodeAnswer(table, answers[index], (cells) => decode(cells, index)));
}

function decodeAnswer<Row>(
  table: string,
  answer: GetAnswer | undefined,
  decode: (cells: readonly Cell[]) => Row,
): Answer<Row> {
  if (!answer) return { status: 'failed', because: 'HBase did not answer for the row' };
  if (answer.status === 'failed')
    return { status: 'failed', because: answer.error.message, fault: hbaseFault(table, answer.error) };
  return answer.status === 'found' ? { status: 'found', row: decode(answer.cells) } : answer;
}

/** Writes every row or throws. */
export async function putRows(hbase: HBaseClient, table: string, puts: readonly RowPut[]): Promise<void> {
  if (puts.length > 0) requireDone(table, puts.length, await askHBase(table, () => hbase.put(table, puts)));
}

/** Deletes every row up to its timestamp or throws. */
export async function deleteRows(hbase: HBaseClient, table: string, deletes: readonly RowDelete[]): Promise<void> {
  if (deletes.length > 0) requireDone(table, deletes.length, await askHBase(table, () => hbase.delete(table, deletes)));
}

function requireDone(table: string, rows: number, answers: readonly PutAnswer[]): void {
  const errors = answers.flatMap((answer) => (answer.status === 'failed' ? [answer.error] : []));
  const failed = errors.find((error) => !isResent(error)) ?? errors[0];
  // mutation: failed-put
  if (failed !== undefined) throw hbaseFault(table, failed);
  if (answers.length !== rows) {
    throw new Retryable('HBase', `${table}: HBase answered for ${answers.length} of ${rows} rows`);
  }
}

/** Asks the client, and turns an HBaseError into what it means for callers. */
export async function askHBase<T>(table: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw isHBaseError(thrown) ? hbaseFault(table, thrown) : thrown;
  }
}

/** By its name, since the app bundles pages and routes apart, each with a copy of the class. */
function isHBaseError(thrown: unknown): thrown is HBaseError {
  return thrown instanceof Error && thrown.name === 'HBaseError';
}

/** Whether a fault says that HBase has no such table or namespace: the set-up is missing. */
export function isWithoutTables(fault: unknown): boolean {
  const cause = fault instanceof Error ? fault.cause : undefined;
  return isHBaseError(cause) && ['TableNotFoundException', 'NamespaceNotFoundException'].includes(cause.exception);
}
