/**
 * Avro files in memory: records to the bytes of a file, and back.
 *
 * manifests.ts writes the lists of Iceberg with it. The file keeps the schema as it was given, with the ids that
 * Iceberg's readers go by. 64-bit numbers are JavaScript's: one beyond 2^53 is refused.
 */
import avro from 'avsc';
import type { Schema } from 'avsc';

export async function avroFile(
  schema: Schema,
  metadata: Readonly<Record<string, string>>,
  records: readonly unknown[],
): Promise<Buffer> {
  const texts = Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text)] as const);
  const encoder = new avro.streams.BlockEncoder(schema, {
    ...{ codec: 'deflate', writeHeader: 'always', metadata: Object.fromEntries(texts) },
  });
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    encoder.on('data', (chunk: Buffer) => void chunks.push(chunk));
    encoder.once('end', () => resolve(Buffer.concat(chunks)));
    encoder.once('error', reject);
    for (const record of records) encoder.write(record);
    encoder.end();
  });
}

export async function avroRecords(bytes: Buffer): Promise<unknown[]> {
  const decoder = new avro.streams.BlockDecoder();
  const records: unknown[] = [];
  return new Promise((resolve, reject) => {
    decoder.on('data', (record: unknown) => void records.push(record));
    decoder.once('end', () => resolve(records));
    decoder.once('error', reject);
    decoder.end(bytes);
  });
}
