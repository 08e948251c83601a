/**
 * Archived → reconciled → published, for epochs of several sizes, and the same epoch through Spark in the same run.
 *
 * Target: 400,000 records a second on two cores, with HDFS on the same two; a record's cost must not grow with the
 * epoch; at least three times as fast as Spark (local[2]) on the same SQL. Raw files lie in HDFS already, as `sightline
 * batch archive` leaves them. Timed are reconciling, writing the epoch's files, uploading them to HDFS with read-back,
 * and renaming them to their final paths. The batch view in HBase is not timed: its cost follows the number of
 * detections, which bench/speed measures.
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Engine } from '../../batch-layer/commands/open.ts';
import type { BenchWorld } from '../support/world.ts';
import type { Figure } from './figures.ts';
import type { StagedFile, RawFile } from '../../batch-layer/model.ts';
import { startOf } from '../../core/domain/epoch.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { writeIntent, publishIntent } from '../../batch-layer/lake/intent.ts';
import { stageEpoch } from '../../batch-layer/run/prepare.ts';
import { draftOf } from '../../batch-layer/report/report.ts';
import { withTools } from '../../batch-layer/run/run.ts';
import { makeRawFiles } from '../../test/support/raw-files.ts';
import { benchWorld } from '../support/world.ts';
import { conclusions } from './conclusions.ts';
import { note, peakMb, printFigure } from './figures.ts';
import { openBench } from './open.ts';
import { sha256Of } from '../../core/process/file-hash.ts';

type Batch = Awaited<ReturnType<typeof openBench>>;

const NOTE_EVERY = 5_000_000;

const TARGET = 400_000;

export async function benchPublish(
  sizes: readonly number[],
  engines: readonly Engine[],
  asJson: boolean,
): Promise<void> {
  const environment = {
    EPOCH_SECONDS: '86400',
    SPEED_WAIT_SECONDS: '0',
    SPARK_MASTER: process.env.SPARK_MASTER ?? 'local[2]',
  };
  const figures: Figure[] = [];
  for (const records of sizes) {
    for (const engine of engines) {
      note(`publish, ${engine}: making tables and folders`);
      const world = await benchWorld(environment);
      const batch = await openBench(
        { ...world.config, SIGHTLINE_HOME: process.env.SIGHTLINE_HOME ?? '.sightline' },
        engine,
      );
      try {
        const figure = await benchOne(world, batch, engine, records);
        figures.push(figure);
        printFigure(figure, asJson);
      } finally {
        await batch.close();
        await world.drop();
      }
    }
  }
  if (!asJson) process.stdout.write(`${conclusions(figures).join('\n')}\n`);
}

async function benchOne(world: BenchWorld, { context }: Batch, engine: Engine, records: number): Promise<Figure> {
  const epoch = context.rules.firstEpoch as Epoch;
  const folder = join(world.config.SIGHTLINE_HOME, 'raw');
  try {
    return await withTools(context, { horizon: null, epoch, isDryRun: false }, async (plan, tools) => {
      const raw = await rawFiles(folder, records, startOf(epoch, context.rules));
      const earlyFiles = engine === 'spark' ? await inHdfs(context, raw) : [];
      const partitions = partitionsOf(raw);
      note(`publish, ${engine}: begins`);
      const [cpu, began] = [process.cpuUsage(), performance.now()];
      const staged = await stageEpoch(context, plan, tools, {
        archived: { partitions, files: raw },
        read: { partitions, files: [], uncutPartitions: [], heldPartitions: [] },
        earlyFiles,
      });
      const newFiles = staged.filter((file) => !earlyFiles.includes(file));
      const facts = {
        ...plan,
        archive: { partitions },
        staged: newFiles,
        straysForwarded: 0,
        referenceVersion: null,
        steps: tools.stepTimes.all(),
      };
      const draft = await draftOf(context, tools.duck, facts);
      await publishIntent(context, await writeIntent(context, draft, newFiles, async () => undefined));
      const seconds = (performance.now() - began) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      const total = raw.reduce((sum, file) => sum + file.rows, 0);
      if (draft.rows + draft.tallies.copies !== total)
        throw new Error(`${total} records became ${draft.rows} rows and ${draft.tallies.copies} copies`);
      const steps = tools.stepTimes.all().map(({ step, took_ms }) => `${step} ${(took_ms / 1_000).toFixed(1)} s`);
      const detail =
        `${steps.join(', ')}; ${((user + system) / total).toFixed(2)} µs a record of this process's processor time; ` +
        `${newFiles.length} files, ${draft.rows.toLocaleString('en')} rows ` +
        `of ${(draft.bytes / draft.rows).toFixed(1)} bytes`;
      const target = engine === 'duckdb' ? TARGET : null;
      return {
        what: `publish, ${engine}, ${total.toLocaleString('en')} records`,
        records: total,
        seconds,
        target,
        peakMb: peakMb(),
        detail,
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Makes raw files as the archive writes them: sending fifty million records through Kafka takes a quarter of an hour.
 */
async function rawFiles(folder: string, records: number, beganAt: number): Promise<RawFile[]> {
  const maker = await openDuck({ memoryMb: 512, threads: 2, spillFolder: join(folder, 'spill') });
  let noted = 0;
  const raw = await makeRawFiles(maker, folder, { records, beganAt }, (made) => {
    if (made - noted < NOTE_EVERY && made < records) return;
    noted = made;
    note(`publish: ${made.toLocaleString('en')} records made`);
  });
  maker.close();
  return raw;
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
