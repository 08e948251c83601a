/**
 * The key-value metadata of every Parquet file that a run writes: version of the layout, epoch and offsets.
 *
 * raw-file-queue.ts and write-file.ts put it into their COPY statements, so that a file that was moved out of its
 * folder still says where it belongs.
 */
import { quoted } from '../../core/stores/lake/duckdb.ts';

const LAYOUT_VERSION = 1;

/** `offsets`: the first offset and the cut of each partition. */
export function metadataFields(
  epoch: string,
  offsets: readonly { partition: number; first: number; cut: number }[],
): Record<string, string> {
  const ranges = JSON.stringify(offsets.map(({ partition, first, cut }) => [partition, first, cut]));
  return { version: String(LAYOUT_VERSION), epoch, offsets: ranges };
}

/** The metadata as a DuckDB struct literal. */
export function metadataOf(...facts: Parameters<typeof metadataFields>): string {
  const fields = Object.entries(metadataFields(...facts)).map(([name, value]) => `${name}: ${quoted(value)}`);
  return `{${fields.join(', ')}}`;
}
