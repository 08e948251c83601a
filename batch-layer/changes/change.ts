/**
 * Carries out a change of published files: stages the new ones, declares it, gives every file its place (law L9).
 *
 *   staged │ declared │ work in the store of rows · old files away, new files in · table · manifests · done
 *
 * compact.ts, forget.ts and retain.ts plan changes; core/stores/lake/changes.ts has the record that declares one.
 * Before it nothing is visible, and what is staged is thrown away if the process dies. After it every step can be
 * repeated, and whoever takes the lock of the lake finishes it (lake-lock.ts). Readers without the lock take the record
 * into account (core/stores/lake/day-files.ts), so they see all of a change from the moment of its declaration.
 */
import type { BatchContext } from '../context.ts';
import type { ChangeContext } from './context.ts';
import type { LocalFile, StagedFile } from '../model.ts';
import type { AddedFile, ChangeRecord } from '../../core/stores/lake/changes.ts';
import { changeFile, CHANGING, changingFolder, manifestFile, RETIRED, retiredFile } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { filesAfter, listChanges, readChange, sha256Of } from '../../core/stores/lake/changes.ts';
import { stageFile } from '../lake/stage.ts';
import { takeOverChange } from '../table/table.ts';
import { announceWork, carryOutWork, endWork, writeRecounted } from './work.ts';
import type { GoneFromManifests } from './manifest.ts';
import { withoutForgotten } from './manifest.ts';

/** What a command hands over; the rest of the record follows from the lake. */
export type Declared = Pick<ChangeRecord, 'kind' | 'order' | 'carried' | 'keeps_replaced' | 'replaced' | 'epochs'> & {
  readonly added: readonly Omit<AddedFile, 'staged'>[];
  readonly retained?: ChangeRecord['retained'];
  readonly takes_counts?: boolean;
};

const FILES_AT_ONCE = 4;

/** The number of the next change. The caller holds the lock of the lake. */
export async function nextChange({ hdfs }: Pick<ChangeContext, 'hdfs'>): Promise<number> {
  return ((await listChanges(hdfs)).at(-1) ?? 0) + 1;
}

/** Uploads a new file of the change. */
export async function stageForChange(
  context: ChangeContext,
  change: number,
  file: LocalFile,
): Promise<Omit<StagedFile, 'staged'>> {
  const { path, bytes, sha256, rows } = await stageFile(context, changingFolder(change), file, context.signal);
  await context.mayCrashAt('change_staged_one_file');
  return { path, bytes, sha256, rows };
}

/** Declares the change and carries it out. `checkLock` throws if the lock of the lake is lost. */
export async function makeChange(
  context: ChangeContext,
  change: number,
  declared: Declared,
  checkLock: () => Promise<void>,
): Promise<ChangeRecord> {
  const { hdfs, rules } = context;
  const before = change > 1 ? sha256Of(await hdfs.read(changeFile(change - 1))) : null;
  const record: ChangeRecord = {
    ...{ version: 1, change, generation: rules.generation, declared_at: Date.now(), previous_sha256: before },
    retained: null,
    ...declared,
    added: declared.added.map((file) => ({ ...file, staged: stagedFor(change, file.path) })),
  };
  const prepared = `${changingFolder(change)}/_record.json`;
  await hdfs.write(openMark(change), Buffer.from('{}\n'));
  await hdfs.write(prepared, Buffer.from(`${JSON.stringify(record, null, 1)}\n`));
  await context.mayCrashAt('change_prepared');
  await checkLock();
  if (!(await hdfs.rename(prepared, changeFile(change))))
    throw new Refusal(EXIT.lake_held, `Another process has declared change ${change} of the lake. Run again.`);
  await context.mayCrashAt('change_declared');
  await finishChange(context, record);
  return record;
}

/** It is there until the change is finished, also when every staged file has its place. */
const openMark = (change: number): string => `${changingFolder(change)}/_open.json`;

const stagedFor = (change: number, path: string): string => `${changingFolder(change)}/${path}`;

/** Finishes what a dead process declared, and throws away what it only staged. The caller holds the lock. */
export async function finishChanges(context: ChangeContext): Promise<void> {
  const { hdfs } = context;
  const begun = await hdfs.list(CHANGING);
  if (begun.length === 0) return;
  const declared = new Set(await listChanges(hdfs));
  for (const { path } of begun) {
    const change = Number(path.slice(CHANGING.length + 1));
    if (declared.has(change)) await finishChange(context, await readChange(hdfs, change));
    else await hdfs.remove(path);
  }
}

async function finishChange(context: ChangeContext, record: ChangeRecord): Promise<void> {
  const { hdfs, mayCrashAt } = context;
  await announceWork(context, record);
  await mayCrashAt('change_announced');
  const removed = await carryOutWork(context, record);
  await mayCrashAt('change_work_done');
  const recounted = await writeRecounted(context, record);
  await mayCrashAt('change_recounted');
  await endWork(context, record);
  // Ready before files move, so that readers of the table miss old files for as long as the moves take, and no longer.
  const commitTable = await takeOverChange(context, record);
  await mayCrashAt('change_table_prepared');
  const newPaths = new Set(record.added.map(({ path }) => path));
  const away = record.replaced.filter(({ path }) => !newPaths.has(path));
  await inLanes(FILES_AT_ONCE, away, async ({ path }) => {
    await withRetry(COMMAND_RETRY, () => putAway(hdfs, record, path), { signal: context.signal });
    await mayCrashAt('change_put_away');
  });
  await inLanes(FILES_AT_ONCE, record.added, async (file) => {
    await withRetry(COMMAND_RETRY, () => putInPlace(hdfs, record, file), { signal: context.signal });
    await mayCrashAt('change_put_in_place');
  });
  await commitTable?.();
  await mayCrashAt('change_table_done');
  await inLanes(FILES_AT_ONCE, record.epochs, async (one) => {
    await withRetry(COMMAND_RETRY, () => rewriteManifest(hdfs, record, one, { removed, recounted }), {
      signal: context.signal,
    });
    await mayCrashAt('change_manifest');
  });
  await hdfs.remove(changingFolder(record.change));
  await mayCrashAt('change_done');
}

async function putAway(hdfs: BatchContext['hdfs'], record: ChangeRecord, path: string): Promise<void> {
  if (!record.keeps_replaced) return hdfs.remove(path);
  if (await hdfs.facts(path)) await hdfs.rename(path, retiredFile(record.change, path));
}

/** A file that has the name of the one that it replaces takes its place; the staged file is there until it has. */
async function putInPlace(hdfs: BatchContext['hdfs'], record: ChangeRecord, file: AddedFile): Promise<void> {
  if (await hdfs.facts(file.staged)) {
    if (record.replaced.some(({ path }) => path === file.path)) await hdfs.remove(file.path);
    await hdfs.rename(file.staged, file.path);
  }
  const found = await hdfs.facts(file.path);
  if (found?.bytes === file.bytes) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `Change ${record.change} of the lake cannot be finished: ${file.path} has ${found?.bytes ?? 'no'} bytes, and ` +
      `${file.bytes} were expected. Restore the file (SHA-256 ${file.sha256}) from a copy, then run again.`,
  );
}

/** Keeps members that this version does not know. */
async function rewriteManifest(
  hdfs: BatchContext['hdfs'],
  record: ChangeRecord,
  { epoch, ...taken }: ChangeRecord['epochs'][number],
  gone: GoneFromManifests,
): Promise<void> {
  const path = manifestFile(epoch);
  const manifest = JSON.parse((await hdfs.read(path)).toString('utf8')) as {
    files: AddedFile[];
    changes?: { change: number }[];
  };
  const { changes = [] } = manifest;
  const added = record.added.flatMap(({ staged: _, epochs, ...file }) => (epochs.includes(epoch) ? [file] : []));
  const entry = { change: record.change, kind: record.kind, ...taken };
  const rewritten = {
    ...withoutForgotten(manifest, record.order, gone),
    files: filesAfter<object & { path: string }>(manifest.files, record, added),
    changes: [...changes.filter(({ change }) => change !== record.change), entry],
  };
  await hdfs.write(path, Buffer.from(`${JSON.stringify(rewritten, null, 1)}\n`));
}

/** Removes replaced files that nobody reads any more: the grace is that of published epochs. Returns how many. */
export async function sweepRetired(context: ChangeContext, now: number, isAtOnce = false): Promise<number> {
  const { hdfs, control, rules, settings } = context;
  const graceMs = (await control.horizon(rules.generation))?.graceMs ?? settings.pruneGraceMs;
  let files = 0;
  for (const { path } of await hdfs.list(RETIRED)) {
    const { declared_at, replaced } = await readChange(hdfs, Number(path.slice(RETIRED.length + 1)));
    if (!isAtOnce && declared_at + graceMs > now) continue;
    await hdfs.remove(path);
    files += replaced.length;
  }
  return files;
}
