/** Cuts what the stores of Cassandra ask or write into pieces that one request carries. */
import type { Statement } from './client.ts';

export function chunksOf<T>(things: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < things.length; at += size) chunks.push(things.slice(at, at + size));
  return chunks;
}

const STATEMENTS_IN_A_BATCH = 100;
/** Cassandra refuses a batch of several partitions from 50 KiB on, as it is delivered. */
const BYTES_IN_A_BATCH = 32 * 1_024;
/** Of a statement without its texts and blobs, generously. */
const BYTES_OF_A_STATEMENT = 64;

/** Batches of statements about several partitions. A statement that is larger than a batch stands alone. */
export function batchesOf(statements: readonly Statement[]): Statement[][] {
  const batches: Statement[][] = [];
  let batch: Statement[] = [];
  let bytes = 0;
  for (const statement of statements) {
    const size = bytesOf(statement);
    if (batch.length > 0 && (batch.length === STATEMENTS_IN_A_BATCH || bytes + size > BYTES_IN_A_BATCH)) {
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
