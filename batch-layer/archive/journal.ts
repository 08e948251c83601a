/**
 * What was archived of an epoch before its run: raw files by exact ranges, and the journal that names them (law L9).
 *
 * `batch archive` adds to it, the epoch's run takes it over and reads only the rest from the log. An entry appears by
 * the renaming of a complete file to the next number, never over another one: it is the intent of its files, which are
 * then renamed from staging to their place; who comes next finishes that first. So a raw file is in its place only if
 * an entry names it, ranges follow each other without overlap or gap, and of two writers one is told that it is not
 * alone.
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
import { publishFile } from '../lake/intent.ts';

const whole = z.number().int();

const JournalFile = z.object({
  path: z.string(),
  staged: z.string(),
  bytes: whole,
  sha256: z.string(),
  rows: whole,
  partition: whole,
  /** Where reading began for it and where it ended: the next file of the partition begins there. */
  from: whole,
  next: whole,
  /** Arrival of its last record: the next file's go on from it. */
  arrival: whole,
  verdicts: z.object({ tick: whole, dead_letter: whole, stray: whole, detection: whole }),
  dead_letters_by_reason: z.record(z.string(), whole),
});
export type JournalFile = z.infer<typeof JournalFile>;

const Entry = z.object({ version: z.literal(1), epoch: z.string(), written_at: whole, files: z.array(JournalFile) });

export interface Journal {
  /** In the order in which they were archived; of one partition by offset. */
  readonly files: readonly JournalFile[];
  /** Number of the next entry. */
  readonly nextEntry: number;
}

type Context = Pick<BatchContext, 'hdfs' | 'rules' | 'signal' | 'reached'>;

/** Reads an epoch's journal and brings every file that it names to its place. */
export async function settleArchive(
  context: Context,
  epoch: Epoch,
  firsts: readonly number[],
  options: { isDry: boolean } = { isDry: false },
): Promise<Journal> {
  const name = nameOf(epoch, context.rules);
  const entries = await context.hdfs.list(archiveJournal(name));
  const files = await filesOfJournal(context.hdfs, archiveJournal(name));
  checkRanges(name, files, firsts);
  if (!options.isDry) await renameAll(context, files);
  const known = new Set(files.map(({ path }) => path));
  const foreign = (await context.hdfs.list(rawFolder(name))).find(({ path }) => !known.has(path));
  if (!foreign) return { files, nextEntry: entries.length + 1 };
  throw new Refusal(
    EXIT.data_check_failed,
    `${foreign.path} is in the archive and neither a manifest nor a journal names it: find out who wrote it and move it away.`,
  );
}

/** Every file that a journal names, in the order in which they were archived. */
export async function filesOfJournal(hdfs: Hdfs, journal: string): Promise<JournalFile[]> {
  const files: JournalFile[] = [];
  for (const { path } of await hdfs.list(journal)) files.push(...(await readEntry(hdfs, path)).files);
  return files;
}

async function readEntry(hdfs: Hdfs, path: string): Promise<z.infer<typeof Entry>> {
  return Entry.parse(JSON.parse((await hdfs.read(path)).toString('utf8')));
}

/** Each partition's files begin where the epoch does and follow each other. */
function checkRanges(epoch: string, files: readonly JournalFile[], firsts: readonly number[]): void {
  const nexts = [...firsts];
  for (const { partition, from, next, path } of files) {
    if (from !== nexts[partition] || next < from) {
      throw new Refusal(
        EXIT.data_check_failed,
        `The archive of epoch ${epoch} is not contiguous: ${path} begins at offset ${from} and ${nexts[partition]} was expected. ` +
          `Somebody changed the files of ${archiveJournal(epoch)}: restore them.`,
      );
    }
    nexts[partition] = next;
  }
}

/**
 * Makes an entry appear and its files with it. Safe to kill at any point: whoever comes next goes on. `check` throws if
 * the lock was lost: whoever has it now may have swept what is staged here.
 */
export async function addJournalEntry(
  context: Context,
  epoch: Epoch,
  attempt: string,
  { nextEntry, files }: { nextEntry: number; files: readonly JournalFile[] },
  check: () => Promise<void>,
): Promise<void> {
  const { hdfs, rules, reached } = context;
  const name = nameOf(epoch, rules);
  const staging = `${stagingFolder(name)}/${attempt}`;
  const prepared = `${staging}/_entry.json`;
  const entry: z.infer<typeof Entry> = { version: 1, epoch: name, written_at: Date.now(), files: [...files] };
  await hdfs.write(prepared, Buffer.from(JSON.stringify(entry)));
  await reached('archive_prepared');
  await check();
  if (!(await hdfs.rename(prepared, archiveEntry(name, nextEntry)))) {
    throw new Refusal(
      EXIT.lake_held,
      `Another run archived epoch ${name} at the same time; run again to go on from there`,
    );
  }
  await reached('archive_declared');
  await renameAll(context, files);
  await hdfs.remove(staging);
}

/** Brings what journals name from staging to its place, whichever epochs they are of: before staging is swept. */
export async function finishJournals(context: Context): Promise<void> {
  for (const { path } of await context.hdfs.list(STAGING)) {
    await renameAll(context, await filesOfJournal(context.hdfs, archiveJournal(path.slice(STAGING.length + 1))));
  }
}

async function renameAll(context: Context, files: readonly StagedFile[]): Promise<void> {
  for (const file of files) {
    context.signal.throwIfAborted();
    const there = await context.hdfs.facts(file.path);
    // Verified when it was staged; its run looks at every byte again before it publishes.
    if (there?.bytes === file.bytes) continue;
    await withRetry(COMMAND_RETRY, () => publishFile(context.hdfs, file), { signal: context.signal });
    await context.reached('archived_one_file');
  }
}

/** Journals of epochs that are published have done their work: manifests name those files from then on. */
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
