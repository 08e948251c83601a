/**
 * Which epochs of footage are analysed: one JSON file an epoch beside the facts, written after them.
 *
 * footage/analysis/ writes and removes them. As long as an epoch's file is missing the epoch counts as not analysed,
 * and the next analysis does it.
 */
import { posix } from 'node:path';
import { z } from 'zod';
import { ANALYSED_EPOCHS, analysedEpochFile } from '../../layout/footage-facts.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Hdfs } from '../hdfs/types.ts';

const whole = z.number().int();

export const AnalysedEpoch = z.object({
  version: z.literal(1),
  epoch: z.string(),
  from: whole,
  to: whole,
  analysed_at: whole,
  frames: whole,
  films: whole,
  faults: whole,
  /** The file of facts; null for an epoch without footage. */
  file: z.object({ path: z.string(), bytes: whole, sha256: z.string(), rows: whole }).nullable(),
});
export type AnalysedEpoch = Readonly<z.infer<typeof AnalysedEpoch>>;

/** Names, in the order of time. */
export async function analysedEpochs(hdfs: Hdfs, limits?: ReadLimits): Promise<string[]> {
  const files = await hdfs.list(ANALYSED_EPOCHS, limits);
  return files.flatMap(({ path }) => /^(\d.+)\.json$/.exec(posix.basename(path))?.[1] ?? []);
}

export async function readAnalysedEpoch(hdfs: Hdfs, epoch: string): Promise<AnalysedEpoch | null> {
  const path = analysedEpochFile(epoch);
  if ((await hdfs.facts(path)) === null) return null;
  return AnalysedEpoch.parse(JSON.parse((await hdfs.read(path)).toString()));
}

export async function writeAnalysedEpoch(hdfs: Hdfs, analysed: AnalysedEpoch): Promise<void> {
  await hdfs.write(analysedEpochFile(analysed.epoch), Buffer.from(`${JSON.stringify(analysed)}\n`));
}
