/**
 * The intent: once it exists, its epoch will be published; and the renames that publish the epoch (law L9).
 *
 * The intent lists every staged file with its final path, length and checksum. It appears when a complete file is
 * renamed. If a run dies before that, the next run removes staging. If it dies after that, the next run finishes the
 * intent, file by file: a file that has its final path and checksum is skipped, a staged file is renamed, and if there
 * is neither, a person must look. The intent carries the draft of the report too, so that nothing is computed twice.
 */
import { z } from 'zod';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { StagedFile } from '../model.ts';
import type { BatchContext } from '../context.ts';
import { epochNamed, nameOf } from '../../core/domain/epoch.ts';
import { intentFile, STAGING, stagingFolder } from '../../core/layout/lake.ts';
import { EXIT, Refusal, Retryable } from '../../core/process/errors.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { layoutVersion } from '../../core/stores/lake/layout-version.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { Draft } from '../report/report.ts';

const Intent = z.object({
  version: layoutVersion('an intent'),
  epoch: z.string(),
  attempt: z.string(),
  draft: Draft,
  files: z.array(
    z.object({
      path: z.string(),
      staged: z.string(),
      bytes: z.number().int(),
      sha256: z.string(),
      rows: z.number().int(),
    }),
  ),
});
export type Intent = z.infer<typeof Intent>;

const RENAMES_AT_ONCE = 4;

/** Returns the intent of an epoch; null if it has none. */
export async function readIntent(hdfs: Hdfs, epoch: string): Promise<Intent | null> {
  const path = intentFile(epoch);
  return (await hdfs.facts(path)) ? Intent.parse(JSON.parse((await hdfs.read(path)).toString('utf8'))) : null;
}

/**
 * Writes the intent and renames it, so that it appears complete. `checkLock` throws if the lock is lost: its new holder
 * may have removed the staged files.
 */
export async function writeIntent(
  context: BatchContext,
  draft: Draft,
  files: readonly StagedFile[],
  checkLock: () => Promise<void>,
): Promise<Intent> {
  const { epoch, attempt } = draft;
  const intent: Intent = { version: 1, epoch, attempt, draft, files: [...files] };
  const prepared = `${stagingFolder(epoch)}/${attempt}/_intent.json`;
  await context.hdfs.write(prepared, Buffer.from(JSON.stringify(intent)));
  await context.mayCrashAt('intent_prepared');
  await checkLock();
  if (!(await context.hdfs.rename(prepared, intentFile(epoch)))) {
    throw new Refusal(EXIT.lake_held, `Another run has written the intent of epoch ${epoch}. Run again to finish it.`);
  }
  return intent;
}

/** Renames every file of an intent to its final path. Safe to repeat after a crash at any point. */
export async function publishIntent(context: BatchContext, intent: Intent): Promise<void> {
  let done = 0;
  await inLanes(RENAMES_AT_ONCE, intent.files, async (file, failed) => {
    context.signal.throwIfAborted();
    await withRetry(COMMAND_RETRY, () => publishFile(context.hdfs, file), { signal: [context.signal, failed] });
    context.progressLine.update('publish', ++done, 'files', intent.files.length);
    await context.mayCrashAt('published_one_file');
  });
}

export async function publishFile(hdfs: Hdfs, file: StagedFile): Promise<void> {
  const final = await hdfs.facts(file.path);
  if (final === null && (await hdfs.rename(file.staged, file.path))) {
    const renamed = await hdfs.facts(file.path);
    if (renamed?.bytes === file.bytes) return;
  }
  const present = final ?? (await hdfs.facts(file.path));
  if (present === null) {
    if (await hdfs.facts(file.staged))
      throw new Retryable('HDFS', `HDFS did not rename ${file.staged} to ${file.path}`);
    throw new Refusal(
      EXIT.data_check_failed,
      `${file.path} is neither published nor staged as ${file.staged}. Restore one of them from a copy: it has ` +
        `${file.bytes} bytes and SHA-256 ${file.sha256}.`,
    );
  }
  const hasLength = present.bytes === file.bytes;
  const sha256 = hasLength ? await hdfs.sha256(file.path) : null;
  if (sha256 === file.sha256) return;
  const difference = hasLength
    ? `found checksum ${sha256}, expected ${file.sha256}`
    : `found ${present.bytes} bytes, expected ${file.bytes}`;
  throw new Refusal(
    EXIT.data_check_failed,
    `${file.path} exists with another content: ${difference}. A published file is never overwritten. ` +
      'Find out who wrote it and move it away, then run again.',
  );
}

/** Removes staging of runs that died before their intent, and staging and intents of published epochs. */
export async function sweepStaging(context: BatchContext, horizon: Epoch | null): Promise<void> {
  const { hdfs, rules } = context;
  const isPublished = (name: string): boolean => {
    const epoch = epochNamed(name, rules);
    return epoch !== null && horizon !== null && epoch <= horizon;
  };
  for (const { path } of await hdfs.list(STAGING)) {
    context.signal.throwIfAborted();
    const name = path.slice(STAGING.length + 1);
    if (isPublished(name) || (await hdfs.facts(intentFile(name))) === null) await hdfs.remove(path);
  }
  context.signal.throwIfAborted();
  for (const { path } of await hdfs.list(intentFile('x').slice(0, -'/x.json'.length))) {
    const name = path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
    if (isPublished(name)) await hdfs.remove(path);
  }
}

export async function removeIntent(context: BatchContext, epoch: Epoch): Promise<void> {
  const name = nameOf(epoch, context.rules);
  await context.hdfs.remove(intentFile(name));
  await context.hdfs.remove(stagingFolder(name));
}
