/**
 * A process of its own that reconciles a large epoch and writes its files, so that its greatest memory can be told.
 *
 *     node --import tsx reconcile-child.ts FOLDER RECORDS MEMORY_MB     prints one line of JSON (ReconciledLarge)
 */
import { join } from 'node:path';
import type { Rules } from '../../core/domain/rules.ts';
import { oid } from '../../core/domain/oid.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { bucketRowsFor, bucketsOf, reconcile } from '../../batch-layer/reconcile/duckdb/reconcile.ts';
import { writeFiles } from '../../batch-layer/lake/stage.ts';
import { makeRawFiles } from './raw-files.ts';

export interface ReconciledLarge {
  readonly records: number;
  readonly buckets: number;
  readonly published: number;
  readonly met: number;
  /** What the relations of the epoch would take in memory, by DuckDB's own widths. */
  readonly relationsMb: number;
  readonly beforeMb: number;
  readonly greatestMb: number;
}

const [folder = '', records = '', memory = ''] = process.argv.slice(2);
const memoryMb = Number(memory);
const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 12 },
  ...{ firstEpoch: 20_000, firstOffsets: Array.from({ length: 12 }, () => 0) },
};
/**
 * Numbers of eight bytes, texts of sixteen: nine columns of `met`, nine of `records`, ten of detections while they are
 * sorted.
 */
const BYTES_PER_RECORD = 10 * 8 + 10 * 8 + 12 * 8;

const options = { memoryMb, threads: 2, spillFolder: join(folder, 'spill') };
const maker = await openDuck(options);
const raw = await makeRawFiles(maker, join(folder, 'raw'), { records: Number(records), beganAt: 20_000 * DAY_MS });
maker.close();
const duck = await openDuck(options);
const beforeMb = Math.round(process.memoryUsage().rss / 1_048_576);
const locations = Array.from({ length: 400 }, (_, place) => ({ oid: oid(place), name: `place ${place}` }));
const bucketRows = bucketRowsFor(memoryMb);
await reconcile(duck, RULES, { raw, earlier: [], locations, lakeFiles: async () => [] }, { bucketRows });
const archive = { partitions: [], files: [], uncutPartitions: [], heldPartitions: [] };
const rowsIn = { 'lake/detections/': 0, 'lake/_runs/_met/': 0 };
for await (const { path, rows } of writeFiles(duck, { folder, epoch: '2024-10-04', archive, sortRows: bucketRows })) {
  for (const prefix of ['lake/detections/', 'lake/_runs/_met/'] as const)
    if (path.startsWith(prefix)) rowsIn[prefix] += rows;
}
duck.close();
const total = raw.reduce((sum, { rows }) => sum + rows, 0);
const told: ReconciledLarge = {
  records: total,
  buckets: bucketsOf(raw, bucketRows).length,
  published: rowsIn['lake/detections/'],
  met: rowsIn['lake/_runs/_met/'],
  relationsMb: Math.round((total * BYTES_PER_RECORD) / 1_048_576),
  beforeMb,
  greatestMb: Math.round(process.resourceUsage().maxRSS / 1_024),
};
process.stdout.write(`${JSON.stringify(told)}\n`);
