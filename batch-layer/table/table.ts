/**
 * The Iceberg table over the files of detections: keeps its snapshots in step with the published epochs and the changes
 * of the lake (law L9). Nothing is copied; the table is metadata.
 *
 *   manifest of the epoch │ snapshot │ horizon                       run/run.ts calls `keepTable`
 *   declared │ new files in place │ history anew │ manifests         changes/change.ts calls `takeOverChange`
 *
 * A snapshot becomes visible with the commit of one metadata file, and all work before it is thrown away if the process
 * dies. Whoever comes next compares the table with the manifests and the records of changes, and does what is missing;
 * so a table that was switched off, lost or written by another program is made again. The caller holds the lock.
 */
import { randomUUID } from 'node:crypto';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { ChangeRecord } from '../../core/stores/lake/changes.ts';
import type { PublishedFile, RunReport } from '../../core/stores/lake/runs.ts';
import type { TableContext } from './context.ts';
import type { TableFile } from './files.ts';
import type { Span } from './history.ts';
import type { Table } from './metadata.ts';
import type { Addition } from './snapshots.ts';
import { epochNamed, nameOf } from '../../core/domain/epoch.ts';
import { epochOfDetectionsFile, LAKE, manifestFile } from '../../core/layout/lake.ts';
import { EXIT, isRetriedLater, messageOf, Refusal } from '../../core/process/errors.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { listChanges, readChain } from '../../core/stores/lake/changes.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { tableFiles } from './files.ts';
import { historyOf, MOST_SNAPSHOTS } from './history.ts';
import { commitTable, epochOf, newestVersion, readTable } from './metadata.ts';
import { filesOf, withSnapshots } from './snapshots.ts';
import { SWEPT_EVERY, sweepTable } from './sweep.ts';

export interface KeptTable {
  readonly made: 'nothing' | 'snapshots' | 'anew';
  readonly table: Table;
}

const READS_AT_ONCE = 8;
const DETECTIONS = `${LAKE}/detections/`;

interface KeepOptions {
  /** Throws if the lock is lost. */
  readonly checkLock: () => Promise<void>;
  /** Makes the whole table again. */
  readonly isAnew?: boolean;
}

/** Gives every epoch up to this one its snapshot; null if no table is kept. */
export async function keepTable(
  context: TableContext,
  upTo: Epoch,
  { checkLock, isAnew = false }: KeepOptions,
): Promise<KeptTable | null> {
  if (context.lakeTable === null) return null;
  const { hdfs, rules } = context;
  const version = await newestVersion(hdfs);
  const change = (await listChanges(hdfs)).at(-1) ?? 0;
  const table = isAnew ? null : await currentTable(context, version);
  if (table !== null && table.change === change) {
    const next = newestEpoch(context, table) + 1;
    if (next > upTo) return { made: 'nothing', table };
    const grown = await grownTable(context, table, { next: next as Epoch, upTo });
    if (grown !== null) return { made: 'snapshots', table: await commit(context, grown, checkLock) };
  }
  const root = await context.lakeTable.rootUrl();
  context.log.info({ up_to_epoch: nameOf(upTo, rules) }, 'the table over the lake is made anew');
  const next = { ...emptyTable(root, rules.generation, version), change };
  return { made: 'anew', table: await commit(context, await madeOf(context, next, upTo), checkLock) };
}

/** Null if it must be made anew: it is far behind, or its own files are damaged. */
async function grownTable(
  context: TableContext,
  table: Table,
  { next, upTo }: { readonly next: Epoch; readonly upTo: Epoch },
): Promise<Table | null> {
  if (upTo - next >= MOST_SNAPSHOTS) return null;
  try {
    const additions: Addition[] = [];
    for (let epoch = next; epoch <= upTo; epoch = (epoch + 1) as Epoch)
      additions.push(await additionOf(context, epoch));
    return await withSnapshots(context, table, additions);
  } catch (fault) {
    context.signal.throwIfAborted();
    if (isRetriedLater(fault)) throw fault;
    context.log.warn({ because: messageOf(fault) }, 'the table over the lake cannot be continued');
    return null;
  }
}

const emptyTable = (url: string, generation: number, version: number): Table => ({
  ...{ version, uuid: randomUUID(), url, generation, sequence: 0, change: 0, snapshots: [] },
});

/** Null if there is none, or none that can be continued. */
async function currentTable({ hdfs, rules, log }: TableContext, version: number): Promise<Table | null> {
  const table = version === 0 ? null : await readTable(hdfs, version);
  if (version > 0 && table === null)
    log.warn({ version }, 'the table over the lake was written by another program or version');
  return table?.generation === rules.generation ? table : null;
}

function newestEpoch({ rules }: TableContext, table: Table): Epoch {
  return epochNamed(epochOf(table.snapshots.at(-1)!), rules)!;
}

async function additionOf(context: TableContext, epoch: Epoch): Promise<Addition> {
  const run = await manifestOf(context, epoch);
  return { epoch: run.epoch, publishedAt: run.published_at, files: await tableFiles(context, detectionsOf(run.files)) };
}

async function manifestOf({ hdfs, rules }: TableContext, epoch: Epoch): Promise<RunReport> {
  const name = nameOf(epoch, rules);
  const run = await readRun(hdfs, name);
  if (run) return run;
  throw new Refusal(
    EXIT.data_check_failed,
    `${manifestFile(name)} is missing, so the table over the lake would lack its rows. Restore it from a copy, or ` +
      'go on without the table: LAKE_TABLE=off.',
  );
}

const detectionsOf = <File extends PublishedFile>(files: readonly File[]): File[] =>
  files.filter(({ path }) => path.startsWith(DETECTIONS));

async function commit(
  context: TableContext,
  prepared: Table,
  checkLock: () => Promise<void> = async () => undefined,
): Promise<Table> {
  await context.mayCrashAt('table_prepared');
  await checkLock();
  const table = await commitTable(
    context.hdfs,
    { ...prepared, snapshots: prepared.snapshots.slice(-MOST_SNAPSHOTS) },
    Date.now(),
  );
  await context.mayCrashAt('table_kept');
  if (table.version % SWEPT_EVERY === 0) await sweepTable(context, table);
  return table;
}

// ---- the whole history ---------------------------------------------------------------------------------------------

async function madeOf(context: TableContext, table: Table, upTo: Epoch): Promise<Table> {
  const { rules } = context;
  const runs = new Map<Epoch, Pick<RunReport, 'epoch' | 'published_at' | 'files'>>();
  const epochs = Array.from({ length: upTo - rules.firstEpoch + 1 }, (_, at) => (rules.firstEpoch + at) as Epoch);
  await inLanes(READS_AT_ONCE, epochs, async (epoch) => {
    const { epoch: name, published_at: publishedAt, files } = await manifestOf(context, epoch);
    runs.set(epoch, { epoch: name, published_at: publishedAt, files: detectionsOf(files) });
  });
  const listed = [...runs.values()].flatMap(({ files }) => files);
  const published = [...new Map(listed.map((file) => [file.path, file])).values()];
  const files = await tableFiles(context, published);
  const spans = await spansIn(context);
  return withHistory(context, table, { files, spans, upTo }, async (epoch) => runs.get(epoch)!.published_at);
}

interface Files {
  readonly files: readonly TableFile[];
  /** Of files that a change made. */
  readonly spans: ReadonlyMap<string, Span>;
  readonly upTo: Epoch;
}

async function withHistory(
  context: TableContext,
  table: Table,
  { files, spans, upTo }: Files,
  publishedAt: (epoch: Epoch) => Promise<number>,
): Promise<Table> {
  const { rules } = context;
  const spanOf = ({ path }: TableFile): Span => {
    const named = epochNamed(epochOfDetectionsFile(path), rules)!;
    return spans.get(path) ?? { oldest: named, newest: named };
  };
  const history = historyOf(files, spanOf, { first: rules.firstEpoch as Epoch, upTo });
  const additions: Addition[] = [];
  for (const { epoch, files: added } of history)
    additions.push({ epoch: nameOf(epoch, rules), publishedAt: await publishedAt(epoch), files: added });
  return withSnapshots(context, { ...table, snapshots: [] }, additions);
}

async function spansIn({ hdfs, rules }: TableContext): Promise<ReadonlyMap<string, Span>> {
  const made = (await readChain(hdfs)).flatMap(({ added }) => added);
  return new Map(
    detectionsOf(made).map(({ path, epochs }) => {
      const numbers = epochs.map((name) => epochNamed(name, rules)!).sort((a, b) => a - b);
      return [path, { oldest: numbers[0]!, newest: numbers.at(-1)! }] as const;
    }),
  );
}

// ---- changes -------------------------------------------------------------------------------------------------------

/**
 * Prepares what the table is after a declared change, and returns the commit: call it when the new files have their
 * paths. Null if there is nothing to commit.
 */
export async function takeOverChange(
  context: TableContext,
  record: ChangeRecord,
): Promise<(() => Promise<void>) | null> {
  if (context.lakeTable === null) return null;
  const { hdfs } = context;
  const table = await currentTable(context, await newestVersion(hdfs));
  const [gone, added] = [detectionsOf(record.replaced), detectionsOf(record.added)];
  // Bounds of columns may be values of rows that are forgotten.
  const sweep = async (committed: Table): Promise<void> => {
    if (!record.keeps_replaced && gone.length > 0) await sweepTable(context, committed, { isAtOnce: true });
  };
  if (table?.change === record.change) return () => sweep(table);
  // Without a table that is as old as the lake was, the next run makes it anew.
  if (table === null || table.change !== record.change - 1) return null;
  const after = { ...table, change: record.change };
  const prepared = gone.length + added.length === 0 ? after : await changed(context, after, { gone, added });
  return async () => sweep(await commit(context, prepared));
}

interface Changed {
  readonly gone: readonly PublishedFile[];
  readonly added: ChangeRecord['added'];
}

async function changed(context: TableContext, table: Table, { gone, added }: Changed): Promise<Table> {
  const { hdfs, rules } = context;
  const taken = new Set([...gone, ...added].map(({ path }) => path));
  const entries = await filesOf(context, table, table.snapshots.at(-1)!);
  const kept = entries.map(({ file }) => file).filter(({ path }) => !taken.has(path));
  const places: (PublishedFile & { at: string })[] = [];
  for (const file of added) places.push({ ...file, at: (await hdfs.facts(file.staged)) ? file.staged : file.path });
  const files = [...kept, ...(await tableFiles(context, places))];
  const known = new Map(table.snapshots.map((snapshot) => [epochOf(snapshot), snapshot['timestamp-ms']]));
  const publishedAt = async (epoch: Epoch): Promise<number> =>
    known.get(nameOf(epoch, rules)) ?? (await manifestOf(context, epoch)).published_at;
  const upTo = newestEpoch(context, table);
  return withHistory(context, table, { files, spans: await spansIn(context), upTo }, publishedAt);
}
