/**
 * `npm run bench:batch -- archive|publish|writers`: what the batch layer costs. bench/README.md says how and what came out.
 *
 *     archive  [--detections 2000000] [--runs 3]                  Kafka → archived; needs a stack
 *     publish  [--records 1000000,10000000] [--engine duckdb,spark]  archived → published; needs a stack, Spark for its part
 *     writers  [--rows 300000]                                     four writers of Parquet; needs nothing
 */
import { parseArgs } from 'node:util';
import type { Engine } from '../../batch-layer/open.ts';
import { benchArchive } from './archive.ts';
import { benchPublish } from './publish.ts';
import { benchWriters } from './writers.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    detections: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '3' },
    records: { type: 'string', default: '1000000,10000000' },
    engine: { type: 'string', default: 'duckdb,spark' },
    rows: { type: 'string', default: '300000' },
  },
});
const [what = 'all'] = positionals;

if (what === 'archive' || what === 'all') await benchArchive(Number(values.detections), Number(values.runs));
if (what === 'publish' || what === 'all') await benchPublish(values.records.split(',').map(Number), values.engine.split(',') as Engine[]);
if (what === 'writers' || what === 'all') await benchWriters(Number(values.rows));
process.exit(0);
