/** `sightline footage prune` and `erase`: what goes because of its age, and what goes because somebody asks for it. */
import { Command } from 'commander';
import { resolve } from 'node:path';
import { numberBetween } from '../hadoop-compose/start/options.ts';
import { readOid } from '../core/domain/oid.ts';
import type { Oid } from '../core/domain/oid.ts';
import { MINUTE_MS, readTimeText } from '../core/domain/time.ts';
import { settledFile } from '../core/layout/footage.ts';
import { readConfig } from '../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../core/process/errors.ts';
import { runCommand, stopSignal } from '../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../core/process/retry.ts';
import { hdfs } from '../core/stores/hdfs/hdfs.ts';
import { eraseFacts } from './analysis/erase-facts.ts';
import { recordedEpochSeconds } from './analysis/open.ts';
import { erase, plan } from './erase.ts';
import type { Patience } from './packs/alone.ts';
import { changePacksAlone } from './packs/alone.ts';
import { firstKeptDay, prune } from './prune.ts';
import type { Wanted } from '../core/stores/footage/wanted.ts';

export function pruneCommand(): Command {
  return new Command('prune')
    .description('remove footage that is older than FOOTAGE_RETENTION_DAYS, whole days at a time')
    .option('--dry-run', 'show how much would go')
    .addHelpText('after', PRUNE_HELP)
    .action((options: { dryRun?: boolean }) => runCommand(() => runPrune(options.dryRun === true)));
}

async function runPrune(isDryRun: boolean): Promise<number> {
  const config = readConfig();
  const signal = stopSignal();
  const before = firstKeptDay(config.FOOTAGE_RETENTION_DAYS, Date.now());
  if (before === null) {
    process.stdout.write('FOOTAGE_RETENTION_DAYS is 0: all footage is kept.\n');
    return EXIT.nothing_to_do;
  }
  const done = await withRetry(COMMAND_RETRY, () => prune(hdfs(config), { before, isDryRun, signal }), { signal });
  const mb = (done.bytes / 1e6).toFixed(1);
  const verb = isDryRun ? 'would be removed' : 'removed';
  process.stdout.write(`${done.folders} days of cameras before ${before} ${verb}: ${done.files} files, ${mb} MB\n`);
  return done.files + done.folders === 0 ? EXIT.nothing_to_do : EXIT.done;
}

interface EraseOptions {
  readonly camera?: string;
  readonly from?: string;
  readonly to?: string;
  readonly detection?: string;
  readonly execute?: boolean;
  /** Minutes. */
  readonly wait: number;
}

export function eraseCommand(): Command {
  return new Command('erase')
    .description(
      'remove what a camera saw within a time, or the pictures of a detection; without --execute it only lists',
    )
    .option('--camera <oid>', 'the camera')
    .option('--from <time>', 'from this time on (ISO 8601 or milliseconds since 1970)')
    .option('--to <time>', 'before this time')
    .option('--detection <oid>', 'the detection; all cameras are looked through unless --camera names one')
    .option('--execute', 'remove them')
    .option(
      '--wait <minutes>',
      'with --execute: wait so long while packing or an analysis is under way',
      numberBetween(0, 1_440),
      10,
    )
    .addHelpText('after', ERASE_HELP)
    .action((options: EraseOptions) => runCommand(() => runErase(options)));
}

async function runErase(options: EraseOptions): Promise<number> {
  const wanted = wantedBy(options);
  const config = readConfig();
  const files = hdfs(config);
  const signal = stopSignal();
  const scratch = resolve(config.SIGHTLINE_HOME);
  const nowMs = Date.now();
  let count = 0;
  let bytes = 0;
  const tell = (file: { readonly path: string; readonly bytes: number }): void => {
    count += 1;
    bytes += file.bytes;
    process.stdout.write(`${file.path}\n`);
  };
  const list = async (): Promise<number> => {
    const found = await plan(files, wanted);
    found.files.forEach(tell);
    for (const frame of found.packed.flatMap(({ erased }) => erased)) tell({ path: settledFile(frame), ...frame });
    return found.open;
  };
  const facts = { hdfs: files, rules: config, scratch };
  let rows = 0;
  const eraseAll = (): Promise<number> =>
    erase(files, wanted, {
      ...{ scratch, onErased: tell, nowMs },
      alone: (work) => changePacksAlone(config, signal, work, patienceOf(options.wait)).catch(tellThatOrderStands),
      async afterwards() {
        rows = await eraseFacts({ ...facts, epochSeconds: await recordedEpochSeconds(config) }, wanted);
      },
    });
  const listAll = async (): Promise<number> => {
    rows = await eraseFacts({ ...facts, epochSeconds: null }, wanted);
    return list();
  };
  const open = await withRetry(COMMAND_RETRY, options.execute ? eraseAll : listAll, { signal });
  const verb = options.execute ? 'erased' : 'would be erased; --execute does it';
  const ofFacts = rows > 0 ? ` and ${rows} rows of facts` : '';
  process.stderr.write(`${count} files (${(bytes / 1e6).toFixed(1)} MB)${ofFacts} ${verb}\n`);
  if (open > 0) {
    const later = options.execute
      ? 'settling removes them when they are whole'
      : 'they have to be whole before they go';
    process.stderr.write(`${open} files are being written by Flume: ${later}; run this command again in two minutes\n`);
    return EXIT.dependency_down;
  }
  return count + rows === 0 ? EXIT.nothing_to_do : EXIT.done;
}

/** Says at once what it waits for, and then once a minute. */
function patienceOf(minutes: number): Patience {
  let toldMs = -Infinity;
  return {
    limitMs: minutes * MINUTE_MS,
    onWait(held, leftMs) {
      if (performance.now() - toldMs < MINUTE_MS) return;
      toldMs = performance.now();
      process.stderr.write(`${messageOf(held)} Waiting for ${Math.ceil(leftMs / MINUTE_MS)} minutes at most.\n`);
    },
  };
}

/** Another process holds the lease, or HBase is away. */
function tellThatOrderStands(fault: unknown): never {
  process.stderr.write(
    'The order is kept: what arrives from now on is removed. What is there already stays until this command ends ' +
      'with 0 or 3; run it again.\n',
  );
  throw fault;
}

/** Throws a Refusal for options that do not say what is meant. */
function wantedBy({ camera, from, to, detection }: EraseOptions): Wanted {
  const cameraOid = camera === undefined ? undefined : idOf('--camera', camera);
  if (detection !== undefined) {
    if (from !== undefined || to !== undefined) throw refusal('--detection takes no --from and no --to');
    return { by: 'detection', detection: idOf('--detection', detection), camera: cameraOid };
  }
  if (cameraOid === undefined || from === undefined || to === undefined)
    throw refusal('--camera, --from and --to were expected, or --detection');
  const [fromMs, toMs] = [timeOf('--from', from), timeOf('--to', to)];
  if (fromMs >= toMs) throw refusal(`--from ${from} is not before --to ${to}`);
  return { by: 'time', camera: cameraOid, fromMs, toMs };
}

const refusal = (text: string): Refusal => new Refusal(EXIT.usage, text);

function idOf(option: string, text: string): Oid {
  const reading = readOid(text);
  if (reading.ok) return reading.oid;
  throw refusal(`${option} is ${JSON.stringify(text.slice(0, 60))}; a signed 64-bit integer in decimal was expected`);
}

function timeOf(option: string, text: string): number {
  const time = readTimeText(text);
  if (time !== null) return time;
  throw refusal(
    `${option} is ${JSON.stringify(text.slice(0, 60))}; milliseconds since 1970 or an ISO 8601 time was expected`,
  );
}

const PRUNE_HELP = `
A day of a camera goes when all of it is older than FOOTAGE_RETENTION_DAYS (7; 0 keeps everything), with its packs.
What was set aside goes as long after it was written. The settling service does this once an hour. It may be killed
and run again at any time.

Exit codes: 0 removed, or shown with --dry-run, 2 usage, 3 nothing was old enough, 5 HDFS is away.`;

const ERASE_HELP = `
Looked through are settled files, frames in packs, files that have arrived, and those that were set aside. The audit
trail records a run with --execute. Such a run needs HBase, for the lease that keeps packing away, and waits for that
lease (--wait). Times and detections are those in the files' names: a film counts by its beginning, and never for a
detection, so give its camera and a time too. The order is kept in footage/_erasures before anything else is done:
settling removes a file that still waits on a gateway when it arrives, if it was taken before the order was given. Run
it again until it ends with 3.

Examples:
  sightline footage erase --camera 7 --from 2026-11-30T08:00:00Z --to 2026-11-30T09:00:00Z
  sightline footage erase --detection 9001 --execute

Exit codes: 0 erased, or listed without --execute, 2 usage, 3 nothing was found, 5 HDFS or HBase is away, or a file is
still being written, 6 packing or an analysis is under way for longer than --wait. After 5 and 6 the order stands.`;
