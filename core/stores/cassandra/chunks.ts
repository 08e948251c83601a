/** Cuts what the stores of Cassandra ask or write into pieces that one request carries. */
import type { CassandraClient, Statement } from './client.ts';
import { inLanes } from '../../process/lanes.ts';

export function chunksOf<T>(things: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < things.length; at += size) chunks.push(things.slice(at, at + size));
  return chunks;
}

/** Fewer cost more than their rows; more are no faster. */
const FEWEST_ROWS_IN_A_BATCH = 4;
const MOST_ROWS_IN_A_BATCH = 30;
/** Batches in flight, and so rows whose writes wait together. A node takes so many requests at once, and a few more. */
const BATCHES_AT_ONCE = 40;
/** Cassandra refuses a batch of several partitions from 50 KiB on, as it is delivered. */
const BYTES_IN_A_BATCH = 32 * 1_024;
/** Of a statement without its texts and blobs, generously. */
const BYTES_OF_A_STATEMENT = 64;

/**
 * Writes statements about several partitions; the order is nobody's. A node carries out a batch in one thread, and with
 * a commit log that is on the disk first each row waits there for the log's next sync before the next row begins. So
 * speed comes from many batches side by side: one sync is for a row of each.
 */
export const writeRows = (client: Pick<CassandraClient, 'write'>, statements: readonly Statement[]): Promise<void> =>
  inLanes(BATCHES_AT_ONCE, batchesOf(statements), (some) => client.write(some));

/** Batches of about the same number of rows. A statement that is larger than a batch stands alone. */
export function batchesOf(statements: readonly Statement[]): Statement[][] {
  const share = Math.ceil(statements.length / BATCHES_AT_ONCE);
  const most = Math.min(Math.max(share, FEWEST_ROWS_IN_A_BATCH), MOST_ROWS_IN_A_BATCH);
  const batches: Statement[][] = [];
  let batch: Statement[] = [];
  let bytes = 0;
  for (const statement of statements) {
    const size = bytesOf(statement);
    if (batch.length > 0 && (batch.length === most || bytes + size > BYTES_IN_A_BATCH)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(statement);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function bytesOf({ params }: Statement): number {
  let bytes = BYTES_OF_A_STATEMENT;
  for (const param of params)
    if (typeof param === 'string') bytes += Buffer.byteLength(param);
    else if (Buffer.isBuffer(param)) bytes += param.length;
  return bytes;
}
