/**
 * The key-value metadata of every Parquet file that a run writes: which version of the layout, which epoch, which
 * offsets.
 *
 * stage.ts and archive.ts put it into their COPY statements, so that a file that lost its folder still says where it
 * belongs.
 */
import { quoted } from '../../core/stores/lake/duckdb.ts';

export const LAYOUT_VERSION = 1;

/** Offsets are per partition, first and cut. */
export function metadataFields(
  epoch: string,
  offsets: readonly { partition: number; first: number; cut: number }[],
): Record<string, string> {
  const ranges = JSON.stringify(offsets.map(({ partition, first, cut }) => [partition, first, cut]));
  return { version: String(LAYOUT_VERSION), epoch, offsets: ranges };
}

/** The same as a DuckDB struct literal. */
export function metadataOf(...facts: Parameters<typeof metadataFields>): string {
  const fields = Object.entries(metadataFields(...facts)).map(([name, value]) => `${name}: ${quoted(value)}`);
  return `{${fields.join(', ')}}`;
}
