/**
 * `npm run bench:batch -- all|archive|publish|bytes|lake|writers`: measures what the batch layer costs. README.md says
 * how, and has the figures.
 *
 *     all      every part, each in a process of its own, and a table: 25 to 40 minutes, up to 20 GB of disk
 *     archive  [--detections 2000000] [--runs 3]            Kafka → archived
 *     publish  [--records 1000000,10000000] [--engine duckdb,spark]            archived → published
 *     bytes    [--cases 4000x250000x512,2000000x2500x512]   records x bytes x MB of memory, by the commands
 *     lake     [--detections 10000000]                      published, compacted, partly forgotten, proved
 *     writers  [--rows 300000]                              four writers of Parquet
 *
 * All but `writers` need a stack. For `all`, --records are the sizes for DuckDB (1, 10 and 50 million) and
 * --spark-records those for Spark (1 and 10 million).
 */
import { parseArgs } from 'node:util';
import type { Engine } from '../../batch-layer/commands/open.ts';
import type { BytesCase } from './bytes.ts';
import { benchAll } from './all.ts';
import { benchArchive } from './archive.ts';
import { benchBytes } from './bytes.ts';
import { benchLake } from './lake.ts';
import { benchPublish } from './publish.ts';
import { benchWriters } from './writers.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    detections: { type: 'string' },
    runs: { type: 'string', default: '3' },
    records: { type: 'string' },
    'spark-records': { type: 'string', default: '1000000,10000000' },
    engine: { type: 'string', default: 'duckdb,spark' },
    cases: { type: 'string', default: '4000x250000x512,2000000x2500x512' },
    rows: { type: 'string', default: '300000' },
    json: { type: 'boolean', default: false },
  },
});
const [what = 'all'] = positionals;
const numbers = (text: string): number[] => text.split(',').filter(Boolean).map(Number);
const [detections, runs] = [Number(values.detections ?? 2_000_000), Number(values.runs)];

function caseOf(text: string): BytesCase {
  const [records = 0, bytes = 0, memoryMb = 512] = text.split('x').map(Number);
  return { records, bytes, memoryMb };
}

const parts: Readonly<Record<string, () => Promise<boolean | void>>> = {
  all: () =>
    benchAll({
      detections,
      runs,
      records: numbers(values.records ?? '1000000,10000000,50000000'),
      sparkRecords: numbers(values['spark-records']),
    }),
  archive: () => benchArchive(detections, runs, values.json),
  publish: () =>
    benchPublish(numbers(values.records ?? '1000000,10000000'), values.engine.split(',') as Engine[], values.json),
  bytes: () => benchBytes(values.cases.split(',').map(caseOf), values.json),
  lake: () => benchLake(Number(values.detections ?? 10_000_000), values.json),
  writers: () => benchWriters(Number(values.rows), values.json),
};
const part = parts[what];
if (!part) process.stderr.write(`There is no part ${what}. Name one of ${Object.keys(parts).join(', ')}.\n`);
process.exit(part && (await part()) !== false ? 0 : 2);
