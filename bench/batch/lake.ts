/**
 * A lake of ten million detections on the real stores, by the commands: published, compacted, partly forgotten, proved.
 *
 * A worker counts a backlog whose detections lie in the last hours, so that most of their hours are closed. Then `batch
 * run` publishes, `batch compact` merges, and `forget --counts` takes one place for two hours. After each change
 * `batch run --reprocess all` computes every epoch again from the raw files and compares hashes, and the counts that
 * serving answers are compared: those of before, and those of before less what went. The table is made anew once, to
 * know its share.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Oid } from '../../core/domain/oid.ts';
import type { Config } from '../../core/process/config.ts';
import type { Serving } from '../../serving/app/app.ts';
import type { CommandResult } from './run-command.ts';
import { HOUR_MS, instant } from '../../core/domain/time.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { lakeListing } from '../../core/stores/lake/lake-listing.ts';
import { servingOf } from '../../test/support/batch-world.ts';
import { fillTopic } from '../support/traffic.ts';
import { benchWorld } from '../support/world.ts';
import { note, printFigure } from './figures.ts';
import { runSightline, stepsOf } from './run-command.ts';

const EPOCH_SECONDS = 60;
const SPREAD_MS = 4 * HOUR_MS;
const PLACE = '7' as Oid;
const FORGOTTEN_FOR_MS = 2 * HOUR_MS;

export async function benchLake(detections: number, asJson: boolean): Promise<void> {
  const world = await benchWorld({
    ...{ EPOCH_SECONDS: String(EPOCH_SECONDS), SPEED_WAIT_SECONDS: '900', PRUNE_GRACE_SECONDS: '0' },
  });
  const worker = spawn(process.execPath, ['--max-semi-space-size=64', 'sightline.mjs', 'speed'], {
    ...{ env: world.environment, stdio: 'inherit' },
  });
  const serving = servingOf(world.config);
  const beganAt = Date.now();
  const timed = async (what: string, args: readonly string[], wanted: number): Promise<CommandResult> => {
    note(`lake: ${what}`);
    const result = await runSightline(world, args);
    if (result.code !== wanted) throw new Error(`${args.join(' ')} ended with ${result.code}, not ${wanted}`);
    const { seconds, peakMb } = result;
    printFigure({ what, records: detections, seconds, target: null, peakMb, detail: `exit ${wanted}` }, asJson);
    return result;
  };
  try {
    const plan = { detections, copies: 0.1, places: 400, items: 60, ratePerSecond: detections / (SPREAD_MS / 1_000) };
    const sent = await fillTopic(world.config, plan, (count) => note(`lake: ${count.toLocaleString('en')} sent`));
    note(`lake: ${sent.toLocaleString('en')} records were sent; the epoch of the last one ends`);
    await pause(EPOCH_SECONDS * 1_000 - (Date.now() % (EPOCH_SECONDS * 1_000)) + 1_000);
    await timed('published', ['batch', 'run'], 0);
    note(`lake: ${await stepsOf(world)}`);
    const times = { from: beganAt - SPREAD_MS - HOUR_MS, to: Date.now() };
    const published = await countsOf(serving, times);
    if (published.all !== detections) throw new Error(`${published.all} detections are counted`);

    await timed('the table anew', ['batch', 'table', '--anew'], 0);
    const before = await filesOf(world.config);
    await timed('compacted', ['batch', 'compact'], 0);
    note(`lake: ${before} files of detections were ${await filesOf(world.config)} then`);
    await timed('computed again after it', ['batch', 'run', '--reprocess', 'all'], 3);

    const planFile = join(world.config.SIGHTLINE_HOME, 'plan.json');
    const from = beganAt - SPREAD_MS;
    const order = ['--location', PLACE, '--from', String(from), '--to', String(from + FORGOTTEN_FOR_MS)];
    await timed('planned to forget', ['forget', ...order, '--counts', '--plan', planFile], 0);
    const { stdout } = await timed('forgotten', ['forget', '--execute', planFile, '--json'], 0);
    const { detections: gone } = JSON.parse(stdout) as { detections: number };
    await timed('computed again after that', ['batch', 'run', '--reprocess', 'all'], 3);
    const left = await countsOf(serving, times);
    const wanted = { all: published.all - gone, place: published.place - gone };
    const isAsPromised = left.all === wanted.all && left.place === wanted.place;
    note(`lake: ${gone.toLocaleString('en')} went, ${JSON.stringify(left)} are counted`);
    if (!isAsPromised) throw new Error(`${JSON.stringify(wanted)} were promised`);
  } finally {
    worker.kill('SIGTERM');
    await serving.close();
    await world.drop();
  }
}

async function countsOf(serving: Serving, { from, to }: { from: number; to: number }) {
  const question = { from: instant(from), to: instant(to) };
  const [all, place] = await Promise.all([
    serving.topItems({ ...question, location: 'all' }),
    serving.topItems({ ...question, location: PLACE }),
  ]);
  return { all: all.total, place: place.total };
}

async function filesOf(config: Config): Promise<number> {
  const days = await lakeListing(hdfs(config)).days();
  return days.reduce((sum, { files }) => sum + files, 0);
}
