/**
 * `sightline forget`: first a plan, which changes nothing, then its execution (changes/forget.ts).
 *
 * The plan is a file: what was asked for, and how much was found. Executing looks again, and refuses if there is more
 * than the plan says, so that nobody loses rows that nobody saw counted. Footage goes first, by a function that the
 * caller brings, because layers do not know each other. A killed execution is run again with the same plan.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { z } from 'zod';
import type { Oid } from '../../core/domain/oid.ts';
import type { Config } from '../../core/process/config.ts';
import type { Wanted as WantedFootage } from '../../core/stores/footage/wanted.ts';
import type { Forgetting } from '../changes/forget.ts';
import type { Wanted } from '../changes/wanted.ts';
import { readOid } from '../../core/domain/oid.ts';
import { readTimeText } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import { runCommand } from '../../core/process/life.ts';
import { ForgetOrder } from '../../core/stores/lake/changes.ts';
import { forget, planForgetting } from '../changes/forget.ts';
import { orderText, wantedIds } from '../changes/wanted.ts';
import { withLakeLock } from '../lock/lake-lock.ts';
import { FORGET_HELP } from './help.ts';
import { nothingToDo, print, withBatch } from './with-batch.ts';

export interface ForgetCommandOptions {
  readonly camera?: string;
  readonly location?: string;
  readonly from?: string;
  readonly to?: string;
  readonly detections?: string;
  readonly plan?: string;
  readonly execute?: string;
  readonly counts?: boolean;
  readonly json?: boolean;
}

/** Erases footage, or counts it. */
export type EraseFootage = (
  config: Config,
  wanted: readonly WantedFootage[],
  options: { isExecuted: boolean; signal: AbortSignal },
) => Promise<{ readonly files: number; readonly bytes: number; readonly open: number }>;

const Plan = z.object({
  version: z.literal(1),
  made_at: z.string(),
  root: z.string(),
  order: ForgetOrder,
  ids: z.array(z.string()),
  /** Whether counts go too. */
  counts: z.boolean().default(false),
  /** Cameras of what was found, for their footage; with an order by ids the camera of each. */
  seen: z.array(z.object({ camera: z.string(), detection: z.string().nullable() })),
  detections: z.number().int(),
});
type Plan = z.infer<typeof Plan>;

const MOST_IDS = 100_000;

export function forgetCommand(eraseFootage: () => Promise<EraseFootage>): Command {
  return new Command('forget')
    .description('take detections out of lake, views and footage: without --execute it only counts and writes a plan')
    .option('--camera <oid>', 'detections of this camera, with --from and --to')
    .option('--location <oid>', 'detections of this place, with --from and --to')
    .option('--from <time>', 'detected from this time on (ISO 8601 or milliseconds since 1970)')
    .option('--to <time>', 'detected before this time')
    .option('--detections <file>', 'a file with one detection_oid on each line')
    .option('--counts', 'take them out of counts and top items too')
    .option('--plan <file>', 'write the plan to this file, which must not exist')
    .option('--execute <plan>', 'carry out this plan')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', FORGET_HELP)
    .action((options: ForgetCommandOptions) =>
      runCommand(async () =>
        options.execute === undefined
          ? plan(options, await eraseFootage())
          : execute(options, options.execute, await eraseFootage()),
      ),
    );
}

async function plan(options: ForgetCommandOptions, eraseFootage: EraseFootage): Promise<number> {
  const wanted = await wantedBy(options);
  const config = readConfig();
  return withBatch(async ({ context }) => {
    const found = await planForgetting(context, wanted);
    const made: Plan = {
      ...{ version: 1, made_at: new Date().toISOString(), root: config.SIGHTLINE_ROOT, order: wanted.order },
      ...{
        ids: [...wanted.ids],
        counts: wanted.takesCounts === true,
        seen: [...found.seen],
        detections: found.detections,
      },
    };
    const { signal } = context;
    const footage = await eraseFootage(config, footageOf(made), { isExecuted: false, signal });
    print(options.json, { ...shown(found), footage, done: false }, `would forget ${textOf(wanted, found, footage)}`);
    if (found.detections + footage.files === 0 && rowsOf(found) === 0) return nothingToDo('There is nothing to forget');
    if (options.plan === undefined) {
      process.stderr.write('--plan FILE writes the plan that --execute FILE carries out\n');
      return EXIT.done;
    }
    // Ids of people's detections: for the owner alone.
    const file = { flag: 'wx', mode: 0o600 };
    await writeFile(options.plan, `${JSON.stringify(made, null, 1)}\n`, file).catch((fault: unknown) => {
      throw new Refusal(EXIT.usage, `--plan ${options.plan!} cannot be written: ${messageOf(fault)}`, fault);
    });
    process.stderr.write(`sightline forget --execute ${options.plan}  carries it out\n`);
    return EXIT.done;
  });
}

async function execute(options: ForgetCommandOptions, file: string, eraseFootage: EraseFootage): Promise<number> {
  const other = (['camera', 'location', 'from', 'to', 'detections', 'counts', 'plan'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (other !== undefined) throw usage(`--execute takes no --${other}: the plan says what is wanted`);
  const planned = await readPlan(file);
  const config = readConfig();
  if (planned.root !== config.SIGHTLINE_ROOT)
    throw usage(`The plan is for ${planned.root}, and SIGHTLINE_ROOT is ${config.SIGHTLINE_ROOT}`);
  const wanted: Wanted = { order: planned.order, ids: planned.ids as Oid[], takesCounts: planned.counts };
  return withBatch(async ({ context }) => {
    const { signal } = context;
    const done = await withLakeLock(context, async (locked, lease) => {
      const footage = await eraseFootage(config, footageOf(planned), { isExecuted: true, signal });
      const most = planned.detections;
      return { footage, forgetting: await forget(locked, lease, wanted, { mostDetections: most }) };
    });
    const { footage, forgetting } = done;
    if (forgetting === null && footage.files === 0)
      return nothingToDo(`Nothing is left of it: ${orderText(planned.order)}`);
    const found = forgetting ?? NOTHING;
    print(options.json, { ...shown(found), footage, done: true }, `forgot ${textOf(wanted, found, footage)}`);
    process.stderr.write(REMAINS);
    return EXIT.done;
  });
}

const REMAINS =
  'Kafka keeps its own copies of records for its retention (topics detections and detections.dlq), ' +
  'and the store of rows removes forgotten bytes from its files when it compacts them: HBase with the next major ' +
  'compaction, Cassandra with the first one that comes a day later or more.\n';

const NOTHING: Forgetting = {
  ...{ detections: 0, epochs: [], up_to_epoch: '', seen: [], counts: null },
  tables: {
    ...{ detections: { files: 0, rows: 0 }, raw: { files: 0, rows: 0 } },
    ...{ first_met: { files: 0, rows: 0 }, conflicts: { files: 0, rows: 0 }, top_items: { files: 0, rows: 0 } },
  },
};

const shown = ({ seen: _, ...rest }: Forgetting): Omit<Forgetting, 'seen'> => rest;
const rowsOf = ({ tables }: Forgetting): number => Object.values(tables).reduce((sum, { rows }) => sum + rows, 0);
const usage = (text: string): Refusal => new Refusal(EXIT.usage, text);

function textOf(wanted: Wanted, found: Forgetting, footage: Awaited<ReturnType<EraseFootage>>): string {
  const number = (count: number): string => count.toLocaleString('en');
  const { detections, raw, first_met: firstMet, conflicts } = found.tables;
  return [
    `${orderText(wanted.order)}: ${number(found.detections)} detections of ${found.epochs.length} epochs`,
    `  detections       ${number(detections.rows)} rows in ${number(detections.files)} files`,
    `  raw records      ${number(raw.rows)} in ${number(raw.files)} files`,
    `  first-met rows   ${number(firstMet.rows)} in ${number(firstMet.files)} files`,
    `  conflicts        ${number(conflicts.rows)} in ${number(conflicts.files)} files`,
    `  footage          ${number(footage.files)} files of ${number(footage.bytes)} bytes`,
    countsText(found),
    `  looked through   epochs up to ${found.up_to_epoch || 'none'}`,
  ].join('\n');
}

function countsText({ counts, tables: { top_items: topItems } }: Forgetting): string {
  if (counts === null) return '  counts           stay';
  const [cells, detections] = [counts.cells.toLocaleString('en'), counts.detections.toLocaleString('en')];
  return `  counts           ${detections} detections in ${cells} cells and ${topItems.files} files of top items`;
}

// ---- options -------------------------------------------------------------------------------------------------------

async function readPlan(file: string): Promise<Plan> {
  try {
    return Plan.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (fault) {
    throw new Refusal(
      EXIT.usage,
      `${file} is no plan that "sightline forget --plan" wrote: ${messageOf(fault)}`,
      fault,
    );
  }
}

async function wantedBy(options: ForgetCommandOptions): Promise<Wanted> {
  return { ...(await orderBy(options)), takesCounts: options.counts === true };
}

async function orderBy({ camera, location, from, to, detections }: ForgetCommandOptions): Promise<Wanted> {
  if ([camera, location, detections].filter((one) => one !== undefined).length !== 1)
    throw usage('One of --camera, --location and --detections was expected, or --execute with a plan');
  if (detections !== undefined) {
    if (from !== undefined || to !== undefined) throw usage('--detections takes no --from and no --to');
    return wantedIds(await idsIn(detections));
  }
  if (from === undefined || to === undefined) throw usage('--from and --to were expected');
  const times = { from: timeOf('--from', from), to: timeOf('--to', to) };
  if (times.from >= times.to) throw usage(`--from ${from} is not before --to ${to}`);
  const order: ForgetOrder =
    camera === undefined
      ? { by: 'location', location: idOf('--location', location!), ...times }
      : { by: 'camera', camera: idOf('--camera', camera), ...times };
  return { order, ids: [] };
}

async function idsIn(file: string): Promise<Oid[]> {
  const text = await readFile(file, 'utf8').catch((fault: unknown) => {
    throw new Refusal(EXIT.usage, `--detections ${file} cannot be read: ${messageOf(fault)}`, fault);
  });
  const lines = text.split('\n').map((line) => line.trim());
  const ids = lines.flatMap((line, at) => (line === '' ? [] : [idOf(`${file}, line ${at + 1},`, line)]));
  if (ids.length > 0 && ids.length <= MOST_IDS) return ids;
  throw usage(`${file} has ${ids.length} ids; 1 to ${MOST_IDS.toLocaleString('en')} were expected`);
}

function idOf(where: string, text: string): Oid {
  const reading = readOid(text);
  if (reading.ok) return reading.oid;
  throw usage(`${where} is ${JSON.stringify(text.slice(0, 60))}; a signed 64-bit integer in decimal was expected`);
}

function timeOf(option: string, text: string): number {
  const time = readTimeText(text);
  if (time !== null) return time;
  throw usage(
    `${option} is ${JSON.stringify(text.slice(0, 60))}; milliseconds since 1970 or an ISO 8601 time was expected`,
  );
}

/** What goes of footage: of a camera its time; of a place the time of each camera that was there. */
function footageOf({ order, seen }: Plan): WantedFootage[] {
  if (order.by === 'detections')
    return seen.flatMap(({ camera, detection }): WantedFootage[] =>
      detection === null ? [] : [{ by: 'detection', detection: detection as Oid, camera: camera as Oid }],
    );
  const cameras = order.by === 'camera' ? [order.camera] : [...new Set(seen.map(({ camera }) => camera))];
  return cameras.map((camera) => ({ by: 'time', camera: camera as Oid, fromMs: order.from, toMs: order.to }));
}
