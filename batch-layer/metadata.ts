/**
 * The key-value metadata of every Parquet file that a run writes: which version of the layout, which epoch, which offsets.
 *
 * stage.ts and archive.ts put it into their COPY statements, so that a file that lost its folder still says where it belongs.
 */
import { quoted } from '../core/stores/duckdb.ts';

export const LAYOUT_VERSION = 1;

/** As a DuckDB struct literal; offsets are per partition, first and cut. */
export function metadataOf(epoch: string, offsets: readonly { partition: number; first: number; cut: number }[]): string {
  const ranges = JSON.stringify(offsets.map(({ partition, first, cut }) => [partition, first, cut]));
  return `{version: '${LAYOUT_VERSION}', epoch: ${quoted(epoch)}, offsets: ${quoted(ranges)}}`;
}
