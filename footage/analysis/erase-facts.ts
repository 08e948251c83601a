/**
 * Takes facts away whose footage is erased: the file of each epoch that has some is written again without them.
 *
 * The command calls it (retention-commands.ts) after the footage is gone, and holds the lease of packing. So no
 * analysis runs meanwhile, and none brings the rows back. Looked through are the facts themselves, so a run that died
 * is simply repeated. An epoch counts as not analysed until its new file is there (publish.ts), so after a death the
 * next analysis makes it again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Config } from '../../core/process/config.ts';
import { epochNamed } from '../../core/domain/epoch.ts';
import { dateOf } from '../../core/domain/time.ts';
import { FACTS, FACTS_STAGING, FACT_COLUMNS, factsFolder } from '../../core/layout/footage-facts.ts';
import { namesOf } from '../../core/layout/lake-columns.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Duck, Value } from '../../core/stores/lake/duckdb.ts';
import { openDuck, parquet, quoted } from '../../core/stores/lake/duckdb.ts';
import type { Wanted } from '../../core/stores/footage/wanted.ts';
import type { FlagRules } from './flags.ts';
import { publishFacts } from './publish.ts';

export interface EraseFactsContext {
  readonly hdfs: Hdfs;
  readonly rules: FlagRules & Pick<Config, 'BATCH_MEMORY_MB' | 'BATCH_THREADS'>;
  /** Of the recorded rules; null to count the rows and to write nothing. */
  readonly epochSeconds: number | null;
  /** A folder on this machine with room for the facts of an epoch. */
  readonly scratch: string;
}

/** Resolves with how many rows went, or would. */
export async function eraseFacts(context: EraseFactsContext, wanted: Wanted): Promise<number> {
  const { hdfs, rules, scratch } = context;
  const files = await factsOf(hdfs, wanted);
  if (files.length === 0) return 0;
  const workFolder = await mkdtemp(join(scratch, 'sightline-facts-'));
  const limits = { memoryMb: rules.BATCH_MEMORY_MB, threads: rules.BATCH_THREADS };
  const duck = await openDuck({ ...limits, spillFolder: join(workFolder, 'spill') });
  try {
    let erased = 0;
    for (const path of files) erased += await eraseFrom(path, wanted, { ...context, duck, workFolder });
    return erased;
  } finally {
    duck.close();
    await rm(workFolder, { recursive: true, force: true });
  }
}

type Work = EraseFactsContext & { readonly duck: Duck; readonly workFolder: string };

async function eraseFrom(path: string, wanted: Wanted, work: Work): Promise<number> {
  const { hdfs, duck, workFolder, epochSeconds } = work;
  const local = join(workFolder, 'facts.parquet');
  await hdfs.download(path, local);
  const { sql, parameters } = condition(wanted);
  const [count] = await duck.rows(
    `SELECT COUNT(*) FILTER (${sql}) AS erased, COUNT(*) AS rows FROM ${parquet([local])}`,
    parameters,
  );
  const erased = Number(count!.erased);
  if (erased === 0 || epochSeconds === null) return erased;
  const epoch = epochNamed(basename(path, '.parquet'), { epochSeconds });
  if (epoch === null)
    throw new Error(`${path} has the name of no epoch of ${epochSeconds} seconds; remove the file itself`);
  const kept = join(workFolder, 'kept.parquet');
  await duck.run(
    `COPY (SELECT ${namesOf(FACT_COLUMNS)} FROM read_parquet(${quoted(local)}, file_row_number = true)
       WHERE (${sql}) IS NOT TRUE ORDER BY file_row_number)
     TO ${quoted(kept)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)`,
    parameters,
  );
  const staged = `${FACTS_STAGING}/${basename(path)}`;
  const isEmpty = erased === Number(count!.rows);
  if (!isEmpty) await hdfs.upload(kept, staged);
  const file = isEmpty ? null : { staged, local: kept };
  await publishFacts({ ...work, epochSeconds }, { facts: [{ epoch, file }], seen: null, nowMs: Date.now() });
  return erased;
}

/** Files of facts that may have rows of what is wanted. */
async function factsOf(hdfs: Hdfs, wanted: Wanted): Promise<string[]> {
  const folders = (await hdfs.list(FACTS)).filter(({ path }) => /\/dt=\d{4}-\d\d-\d\d$/.test(path));
  const isNear = (path: string): boolean =>
    wanted.by === 'detection' ||
    (path >= factsFolder(dateOf(wanted.fromMs)) && path <= factsFolder(dateOf(wanted.toMs)));
  const files: string[] = [];
  for (const { path } of folders.filter((folder) => isNear(folder.path)))
    files.push(...(await hdfs.list(path)).map((file) => file.path).filter((name) => name.endsWith('.parquet')));
  return files;
}

function condition(wanted: Wanted): { sql: string; parameters: Record<string, Value> } {
  if (wanted.by === 'time')
    return {
      sql: 'video_camera_oid = $camera AND epoch_ms(taken_at) >= $from_ms AND epoch_ms(taken_at) < $to_ms',
      parameters: { camera: BigInt(wanted.camera), from_ms: wanted.fromMs, to_ms: wanted.toMs },
    };
  const { detection, camera } = wanted;
  if (camera === undefined) return { sql: 'detection_oid = $detection', parameters: { detection: BigInt(detection) } };
  return {
    sql: 'detection_oid = $detection AND video_camera_oid = $camera',
    parameters: { detection: BigInt(detection), camera: BigInt(camera) },
  };
}
