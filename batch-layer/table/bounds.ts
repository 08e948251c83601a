/**
 * Bounds of columns and partitions in Iceberg's form: little-endian numbers; a timestamp is its microseconds.
 *
 * files.ts and manifests.ts make them of what Parquet footers and folders say.
 */
export function intBound(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function longBound(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}
