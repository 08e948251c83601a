/**
 * The journal of an epoch that is not published yet: its entries name the raw files that are archived already (law L9).
 *
 * `batch archive` adds entries. The epoch's run takes the files over and reads only the rest from the log. An entry
 * appears when a complete file is renamed to the next free number, never over another file. It is the intent of its raw
 * files, which are renamed from staging to their final paths after it; the next process finishes renames that a dead
 * one left. So a raw file has its final path only if an entry names it, ranges follow each other without overlap or
 * gap, and of two writers the second one is refused.
 */
import { z } from 'zod';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { StagedFile } from '../model.ts';
import type { BatchContext } from '../context.ts';
import { epochNamed, nameOf } from '../../core/domain/epoch.ts';
import {
  ARCHIVE_JOURNALS,
  archiveEntry,
  archiveJournal,
  rawFolder,
  STAGING,
  stagingFolder,
} from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { layoutVersion } from '../../core/stores/lake/layout-version.ts';
import { publishFile } from '../lake/intent.ts';

const whole = z.number().int();

const JournalFile = z.object({
  path: z.string(),
  staged: z.string(),
  bytes: whole,
  sha256: z.string(),
  rows: whole,
  partition: whole,
  /** The offsets at which reading began and ended for this file; the next file of the partition begins at `next`. */
  from: whole,
  next: whole,
  /** Arrival of its last record; arrivals of the next file rise from it. */
  arrival: whole,
  verdicts: z.object({ tick: whole, dead_letter: whole, stray: whole, detection: whole }),
  dead_letters_by_reason: z.record(z.string(), whole),
});
export type JournalFile = z.infer<typeof JournalFile>;

const Entry = z.object({
  version: layoutVersion('a journal'),
  epoch: z.string(),
  written_at: whole,
  files: z.array(JournalFile),
});

interface Journal {
  /** In the order in which they were archived, so those of one partition are in the order of offsets. */
  readonly files: readonly JournalFile[];
  /** Number of the next entry. */
  readonly nextEntry: number;
}

type Context = Pick<BatchContext, 'hdfs' | 'rules' | 'signal' | 'mayCrashAt'>;

/**
 * Reads an epoch's journal and finishes its renames, so that every file that it names has its final path. A dry run
 * renames nothing.
 */
export async function recoverArchive(
  context: Context,
  epoch: Epoch,
  firsts: readonly number[],
  isDryRun = false,
): Promise<Journal> {
  const name = nameOf(epoch, context.rules);
  const entries = await context.hdfs.list(archiveJournal(name));
  const files = await filesOfJournal(context.hdfs, archiveJournal(name));
  checkRanges(name, files, firsts);
  if (!isDryRun) await renameAll(context, files);
  const known = new Set(files.map(({ path }) => path));
  const unknown = (await context.hdfs.list(rawFolder(name))).find(({ path }) => !known.has(path));
  if (!unknown) return { files, nextEntry: entries.length + 1 };
  throw new Refusal(
    EXIT.data_check_failed,
    `${unknown.path} is in the archive, but no manifest and no journal names it. ` +
      'Find out who wrote it and move it away.',
  );
}

/** Returns every file that a journal names, in the order in which they were archived. */
export async function filesOfJournal(hdfs: Hdfs, journal: string): Promise<JournalFile[]> {
  const files: JournalFile[] = [];
  for (const { path } of await hdfs.list(journal)) files.push(...(await readEntry(hdfs, path)).files);
  return files;
}

async function readEntry(hdfs: Hdfs, path: string): Promise<z.infer<typeof Entry>> {
  return Entry.parse(JSON.parse((await hdfs.read(path)).toString('utf8')));
}

/** Throws unless the files of each partition begin where the epoch does and follow each other. */
function checkRanges(epoch: string, files: readonly JournalFile[], firsts: readonly number[]): void {
  const nexts = [...firsts];
  for (const { partition, from, next, path } of files) {
    if (from !== nexts[partition] || next < from) {
      throw new Refusal(
        EXIT.data_check_failed,
        `The archive of epoch ${epoch} has a gap: ${path} begins at offset ${from} instead of ${nexts[partition]}. ` +
          `Somebody changed the files of ${archiveJournal(epoch)}: restore them.`,
      );
    }
    nexts[partition] = next;
  }
}

interface NewEntry {
  readonly epoch: Epoch;
  readonly attempt: string;
  /** Its number. */
  readonly number: number;
  readonly files: readonly JournalFile[];
}

/**
 * Adds an entry and renames its files. Safe to kill at any point: the next process finishes it. `checkLock` throws if
 * the lock is lost: its new holder may have removed the staged files.
 */
export async function addJournalEntry(
  context: Context,
  { epoch, attempt, number, files }: NewEntry,
  checkLock: () => Promise<void>,
): Promise<void> {
  const { hdfs, rules, mayCrashAt } = context;
  const name = nameOf(epoch, rules);
  const staging = `${stagingFolder(name)}/${attempt}`;
  const prepared = `${staging}/_entry.json`;
  const entry: z.infer<typeof Entry> = { version: 1, epoch: name, written_at: Date.now(), files: [...files] };
  await hdfs.write(prepared, Buffer.from(JSON.stringify(entry)));
  await mayCrashAt('archive_prepared');
  await checkLock();
  if (!(await hdfs.rename(prepared, archiveEntry(name, number)))) {
    throw new Refusal(
      EXIT.lake_held,
      `Another process archived epoch ${name} at the same time. Run again: it goes on after those records.`,
    );
  }
  await mayCrashAt('archive_declared');
  await renameAll(context, files);
  await hdfs.remove(staging);
}

/** Finishes the renames of all journals, whatever their epoch. Must be called before staging is swept. */
export async function finishJournals(context: Context): Promise<void> {
  for (const { path } of await context.hdfs.list(STAGING)) {
    await renameAll(context, await filesOfJournal(context.hdfs, archiveJournal(path.slice(STAGING.length + 1))));
  }
}

async function renameAll(context: Context, files: readonly StagedFile[]): Promise<void> {
  for (const file of files) {
    context.signal.throwIfAborted();
    const present = await context.hdfs.facts(file.path);
    // The file was verified when it was staged; the epoch's run reads every byte again before it publishes.
    if (present?.bytes === file.bytes) continue;
    await withRetry(COMMAND_RETRY, () => publishFile(context.hdfs, file), { signal: context.signal });
    await context.mayCrashAt('archived_one_file');
  }
}

/** Removes the journals of published epochs: manifests name their files from then on. */
export async function sweepJournals(
  { hdfs, rules }: Pick<Context, 'hdfs' | 'rules'>,
  horizon: Epoch | null,
): Promise<void> {
  if (horizon === null) return;
  for (const { path } of await hdfs.list(ARCHIVE_JOURNALS)) {
    const epoch = epochNamed(path.slice(ARCHIVE_JOURNALS.length + 1), rules);
    if (epoch !== null && epoch <= horizon) await hdfs.remove(path);
  }
}
