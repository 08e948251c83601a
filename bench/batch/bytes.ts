/**
 * Records of any size with little memory: the commands archive and publish them, run again and compare.
 *
 * Target: with BATCH_MEMORY_MB=512 the commands archive and publish a gigabyte of records of 250 KB, and two million
 * records of 2.5 KB. The lake then holds what was sent, byte for byte, and a second run has nothing to do. Half of the
 * large records have a name of up to 5,000 code points, the others unknown fields, escapes or dead letters. Each
 * command is a process of its own, and its greatest resident memory is read from the kernel.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { SizedPlan } from '../../test/support/sized-records.ts';
import type { BatchWorld } from '../../test/support/batch-world.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { listRuns } from '../../core/stores/lake/runs.ts';
import { batchWorld } from '../../test/support/batch-world.ts';
import { checkLake } from '../../test/support/sized-lake.ts';
import { sendSized } from '../../test/support/send-sized.ts';
import { note, printFigure } from './figures.ts';
import { runSightline, stepsOf } from './run-command.ts';

const EPOCH_SECONDS = 300;

export interface BytesCase {
  readonly records: number;
  readonly bytes: number;
  readonly memoryMb: number;
}

export async function benchBytes(cases: readonly BytesCase[], asJson: boolean): Promise<void> {
  for (const each of cases) {
    const world = await batchWorld({
      EPOCH_SECONDS: String(EPOCH_SECONDS),
      SPEED_WAIT_SECONDS: '0',
      BATCH_MEMORY_MB: String(each.memoryMb),
      LOG_LEVEL: 'warn',
    });
    try {
      await benchCase(world, each, asJson);
    } finally {
      await world.drop();
    }
  }
}

async function benchCase(world: BatchWorld, { records, bytes, memoryMb }: BytesCase, asJson: boolean): Promise<void> {
  const what = `${records.toLocaleString('en')} of ${bytes.toLocaleString('en')} bytes, ${memoryMb} MB`;
  const plan: SizedPlan = { records, bytes, beganAt: Date.now(), names: 1_000 };
  const sent = await sendSized(world.config, plan, (count) => note(`bytes: ${count.toLocaleString('en')} sent`));
  const firstOver = epochEndAfter(Date.now());
  note(`bytes: ${sent.toLocaleString('en')} sent; archiving`);
  const archived = await runSightline(world, ['batch', 'archive']);
  if (archived.code !== 0) throw new Error(`batch archive ended with ${archived.code}`);
  printFigure(
    {
      what: `archive, ${what}`,
      records: sent,
      seconds: archived.seconds,
      target: null,
      peakMb: archived.peakMb,
      detail: `exit ${archived.code}`,
    },
    asJson,
  );
  note('bytes: waiting for the end of the epoch');
  await pause(Math.max(0, firstOver + 1_000 - Date.now()));
  const run = await runSightline(world, ['batch', 'run']);
  if (run.code !== 0) throw new Error(`batch run ended with ${run.code}`);
  const secondRun = await runSightline(world, ['batch', 'run']);
  note('bytes: comparing with what was sent');
  const store = hdfs(world.config);
  const lake = await checkLake(store, plan);
  const steps = await stepsOf(world);
  const detail =
    `${lake.detections.toLocaleString('en')} detections, ${lake.rawFiles} raw files of ` +
    `${(lake.rawBytes / 1e6).toFixed(0)} MB, all as they were sent; ${steps}; ` +
    `the second run: exit ${secondRun.code} after ${secondRun.seconds.toFixed(1)} s`;
  printFigure(
    { what: `publish, ${what}`, records: sent, seconds: run.seconds, target: null, peakMb: run.peakMb, detail },
    asJson,
  );
  const epoch = lastOf(await listRuns(store));
  const reprocess = await runSightline(world, ['batch', 'run', '--from', epoch, '--to', epoch, '--reprocess', 'all']);
  printFigure(
    {
      what: `reprocess, ${what}`,
      records: sent,
      seconds: reprocess.seconds,
      target: null,
      peakMb: reprocess.peakMb,
      detail: `exit ${reprocess.code} (3: the same)`,
    },
    asJson,
  );
}

const epochEndAfter = (t: number): number => (Math.floor(t / (EPOCH_SECONDS * 1_000)) + 1) * EPOCH_SECONDS * 1_000;

/** The name of the latest epoch. */
function lastOf(names: readonly string[]): string {
  return [...names].sort().at(-1)!;
}
