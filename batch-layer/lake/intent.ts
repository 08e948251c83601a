/**
 * The intent: from here on an epoch is published, whatever happens; and the renames that do it (law L9).
 *
 * It lists every staged file with its final name, length and checksum, and appears by the renaming of a complete file.
 * Killed before that, staging is thrown away; after it, any later run reads the intent and finishes it: final there and
 * verified, skip; staged, rename; neither, a person must look. It carries the draft of the report too, so that nothing
 * is computed twice.
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
import { inLanes } from './lanes.ts';
import { Draft } from '../report/report.ts';

const Intent = z.object({
  version: z.literal(1),
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

/** The intent of an epoch that was begun; null if there is none. */
export async function readIntent(hdfs: Hdfs, epoch: string): Promise<Intent | null> {
  const path = intentFile(epoch);
  return (await hdfs.facts(path)) ? Intent.parse(JSON.parse((await hdfs.read(path)).toString('utf8'))) : null;
}

/**
 * Makes the intent appear, whole. `check` throws if the lock was lost meanwhile: whoever has it now may have swept what
 * is staged here.
 */
export async function writeIntent(
  context: BatchContext,
  draft: Draft,
  files: readonly StagedFile[],
  check: () => Promise<void>,
): Promise<Intent> {
  const { epoch, attempt } = draft;
  const intent: Intent = { version: 1, epoch, attempt, draft, files: [...files] };
  const prepared = `${stagingFolder(epoch)}/${attempt}/_intent.json`;
  await context.hdfs.write(prepared, Buffer.from(JSON.stringify(intent)));
  await context.reached('intent_prepared');
  await check();
  if (!(await context.hdfs.rename(prepared, intentFile(epoch)))) {
    throw new Refusal(EXIT.lake_held, `Epoch ${epoch} has an intent of another run already; run again to finish it`);
  }
  return intent;
}

/** Brings every file of an intent to its place. Safe to repeat from any point. */
export async function publishIntent(context: BatchContext, intent: Intent): Promise<void> {
  let done = 0;
  await inLanes(RENAMES_AT_ONCE, intent.files, async (file, failed) => {
    context.signal.throwIfAborted();
    await withRetry(COMMAND_RETRY, () => publishFile(context.hdfs, file), { signal: [context.signal, failed] });
    context.say.progress('publish', ++done, 'files', intent.files.length);
    await context.reached('published_one_file');
  });
}

export async function publishFile(hdfs: Hdfs, file: StagedFile): Promise<void> {
  const final = await hdfs.facts(file.path);
  if (final === null && (await hdfs.rename(file.staged, file.path))) {
    const renamed = await hdfs.facts(file.path);
    if (renamed?.bytes === file.bytes) return;
  }
  const found = final ?? (await hdfs.facts(file.path));
  if (found === null) {
    if (await hdfs.facts(file.staged))
      throw new Retryable('HDFS', `${file.staged} could not be renamed to ${file.path}`);
    throw new Refusal(
      EXIT.data_check_failed,
      `${file.path} is neither published nor staged (${file.staged}): restore one of them, ${file.bytes} bytes with SHA-256 ${file.sha256}`,
    );
  }
  const sha256 = found.bytes === file.bytes ? await hdfs.sha256(file.path) : `that of ${found.bytes} bytes`;
  if (sha256 === file.sha256) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `${file.path} is there with another content (checksum ${sha256}, expected ${file.sha256}); a published file is never ` +
      'overwritten. Find out who wrote it and move it away, then run again.',
  );
}

/** Throws away what died before its intent, and intents and staging of what is published. */
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
