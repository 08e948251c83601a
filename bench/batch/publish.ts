/**
 * Archived → reconciled → published, for epochs of several sizes, and the same epoch through Spark in the same run.
 *
 * Target: 400,000 records a second on two cores, with HDFS on the same two; a record's cost must not grow with the epoch; at least
 * three times as fast as Spark (local[2]) on the same SQL. Raw files lie in HDFS already, as `sightline batch archive` leaves them.
 * Timed are reconciling, writing the epoch's files, sending them to HDFS with read-back, and renaming them to their places. Not
 * timed: the batch view in HBase, whose cost follows the number of detections and belongs to bench/speed's store.
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Engine } from '../../batch-layer/open.ts';
import type { StagedFile } from '../../batch-layer/stage.ts';
import type { BenchWorld } from '../support/world.ts';
import type { RawFile } from '../../batch-layer/reconcile.ts';
import { startOf } from '../../core/domain/epoch.ts';
import { openDuck } from '../../core/stores/duckdb.ts';
import { writeIntent, publishIntent } from '../../batch-layer/intent.ts';
import { sha256Of } from '../../batch-layer/local-copies.ts';
import { stageEpoch } from '../../batch-layer/prepare.ts';
import { draftOf } from '../../batch-layer/report.ts';
import { withTools } from '../../batch-layer/run.ts';
import { makeRawFiles } from '../../test/support/raw-files.ts';
import { benchWorld } from '../support/world.ts';
import { line, openBench } from './open.ts';

type Batch = Awaited<ReturnType<typeof openBench>>;

export async function benchPublish(sizes: readonly number[], engines: readonly Engine[]): Promise<void> {
  const environment = { EPOCH_SECONDS: '86400', SPEED_WAIT_SECONDS: '0', SPARK_MASTER: 'local[2]' };
  for (const records of sizes) {
    for (const engine of engines) {
      const world = await benchWorld(environment);
      const batch = await openBench({ ...world.config, SIGHTLINE_HOME: process.env.SIGHTLINE_HOME ?? '.sightline' }, engine);
      try {
        await benchOne(world, batch, engine, records);
      } finally {
        await batch.close();
        await world.drop();
      }
    }
  }
}

async function benchOne(world: BenchWorld, { context }: Batch, engine: Engine, records: number): Promise<void> {
  const epoch = context.rules.firstEpoch as Epoch;
  await withTools(context, null, epoch, false, async (plan, tools) => {
    const folder = join(world.config.SIGHTLINE_HOME, 'raw');
    const maker = await openDuck({ memoryMb: 1_024, threads: 2, spillFolder: join(folder, 'spill') });
    const raw = await makeRawFiles(maker, folder, records, startOf(epoch, context.rules));
    maker.close();
    const early = engine === 'spark' ? await inHdfs(context, raw) : [];
    const partitions = partitionsOf(raw);
    const archived = { partitions, files: raw };
    const [cpu, began] = [process.cpuUsage(), performance.now()];
    const staged = await stageEpoch(context, plan, tools, { archived, read: { partitions, files: [], uncut: [] }, early });
    const mine = staged.filter((file) => !early.includes(file));
    const facts = { ...plan, archive: { partitions }, staged: mine, straysForwarded: 0, referenceVersion: null, steps: tools.timed.taken() };
    const draft = await draftOf(context, tools.duck, facts);
    await publishIntent(context, await writeIntent(context, draft, mine));
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const total = raw.reduce((sum, file) => sum + file.rows, 0);
    const steps = tools.timed.taken().map(({ step, took_ms }) => `${step} ${(took_ms / 1_000).toFixed(1)} s`);
    line(engine, `${total.toLocaleString('en')} records in ${seconds.toFixed(1)} s (${steps.join(', ')}): ${Math.round(total / seconds).toLocaleString('en')} a second`);
    const memory = `${Math.round(process.resourceUsage().maxRSS / 1_024)} MB at most`;
    line('', `${((seconds * 1e6) / total).toFixed(2)} µs a record, ${((user + system) / total).toFixed(2)} µs of this process's time, ${memory}, ${draft.rows.toLocaleString('en')} rows of ${(draft.bytes / draft.rows).toFixed(1)} bytes`);
    await rm(folder, { recursive: true, force: true });
  });
}

function partitionsOf(raw: readonly RawFile[]) {
  const numbers = [...new Set(raw.map(({ partition }) => partition))];
  return numbers.map((partition) => {
    const records = raw.filter((file) => file.partition === partition).reduce((sum, { rows }) => sum + rows, 0);
    const verdicts = { tick: 0, dead_letter: 0, stray: 0, detection: records };
    return { partition, first: 0, cut: records, arrival: 0 as never, records, verdicts, deadLettersByReason: {} };
  });
}

async function inHdfs({ hdfs }: Batch['context'], raw: readonly RawFile[]): Promise<StagedFile[]> {
  const files: StagedFile[] = [];
  for (const [n, { localFile, rows }] of raw.entries()) {
    const path = `lake/raw/epoch=bench/part-${n}.parquet`;
    await hdfs.upload(localFile, path);
    files.push({ path, staged: path, bytes: (await stat(localFile)).size, sha256: await sha256Of(localFile), rows });
  }
  return files;
}
