/**
 * `batch archive`: writes the records of epochs that are not published yet into raw files now (law L9).
 *
 * The archive is the master dataset. If this runs every hour, Kafka's retention never decides which records are kept.
 * The caller holds the lock of the lake. No tick is appended and no epoch is cut: a partition is read to the log's
 * present end, and the epoch's run goes on from there. If a partition has delivered no record from after an epoch's
 * end, its next record may still belong to that epoch, so its later epochs wait for the next call. The same holds for a
 * partition whose next stamp is ahead of the clock (held-partitions.ts).
 */
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Archive, EpochStart } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { JournalFile } from './journal.ts';
import type { HeldPartition } from '../../core/process/hold-text.ts';
import type { HeldLease } from '../../core/stores/control/lease.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { archive } from './archive.ts';
import { addJournalEntry, finishJournals, recoverArchive } from './journal.ts';
import { readIntent } from '../lake/intent.ts';
import { localCopies } from '../lake/local-copies.ts';
import { openOwnFolder } from '../own-folder.ts';
import { nextEpoch, horizonOf } from '../epochs/next-epochs.ts';
import { settleRules } from '../epochs/settled-rules.ts';
import { stageFiles } from '../lake/stage.ts';
import { epochStartAt, epochStartOf } from '../epochs/epoch-start.ts';

/** What one call added to the archive of an epoch. */
export interface ArchivedEpoch {
  readonly epoch: string;
  readonly records: number;
  readonly files: number;
  readonly bytes: number;
  /** For each partition: the offset up to which the epoch is archived now. */
  readonly archived_to: readonly number[];
}

interface ArchiveResult {
  /** The epochs to which something was added. */
  readonly epochs: readonly ArchivedEpoch[];
  /** Partitions that could not be read to their ends, because a stamp is ahead of the clock. */
  readonly heldPartitions: readonly HeldPartition[];
}

/** Archives every epoch that is not published, in order. */
export async function archiveNow(batch: BatchContext, lease: HeldLease): Promise<ArchiveResult> {
  const horizon = await horizonOf(batch);
  await lease.check();
  await finishJournals(batch);
  const present = epochAt(Date.now(), batch.rules);
  const context = await settleRules(batch, present);
  const epochs: ArchivedEpoch[] = [];
  const heldPartitions: HeldPartition[] = [];
  let skippedPartitions: readonly number[] = [];
  let start = await nextEpochStart(context, horizon);
  while (start.epoch <= present && skippedPartitions.length < start.firsts.length) {
    const { archived, summary } = await archiveEpoch(context, lease, start, skippedPartitions);
    if (summary.files > 0) epochs.push(summary);
    heldPartitions.push(...archived.heldPartitions);
    skippedPartitions = archived.uncutPartitions;
    const epoch = (start.epoch + 1) as Epoch;
    start = epochStartAt(
      context.rules,
      epoch,
      archived.partitions.map(({ cut }) => cut),
      archived.partitions.map(({ arrival }) => arrival),
    );
  }
  context.metrics.setHeldPartitions(heldPartitions.length);
  return { epochs, heldPartitions };
}

/** After the horizon; or after an epoch whose run died after its intent, because the intent names all of its files. */
async function nextEpochStart(context: BatchContext, horizon: Horizon | null): Promise<EpochStart> {
  const epoch = nextEpoch(horizon, context.rules);
  const intent = await readIntent(context.hdfs, nameOf(epoch, context.rules));
  if (!intent) return epochStartOf(context, { epoch, horizon });
  const { partitions } = intent.draft;
  const arrivals = partitions.map(({ arrival }) => arrival as Instant);
  return epochStartAt(
    context.rules,
    (epoch + 1) as Epoch,
    partitions.map(({ cut }) => cut),
    arrivals,
  );
}

async function archiveEpoch(
  context: BatchContext,
  lease: HeldLease,
  start: EpochStart,
  skippedPartitions: readonly number[],
): Promise<{ archived: Archive; summary: ArchivedEpoch }> {
  const { settings, rules } = context;
  const attempt = `archive-${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}`;
  const own = await openOwnFolder(settings.workFolder, attempt);
  const folder = own.path;
  const duck = await openDuck({
    memoryMb: settings.memoryMb,
    threads: settings.threads,
    spillFolder: join(folder, 'spill'),
  });
  try {
    const journal = await recoverArchive(context, start.epoch, start.firsts);
    const options = { folder, appendsTicks: false, earlyFiles: journal.files, skippedPartitions };
    const archived = await archive(context, duck, start, options);
    const files = await stageArchive(context, start.epoch, { attempt, folder }, archived);
    await context.mayCrashAt('archive_staged');
    if (files.length > 0) {
      const entry = { epoch: start.epoch, attempt, number: journal.nextEntry, files };
      await addJournalEntry(context, entry, () => lease.check());
    }
    const summary = {
      epoch: nameOf(start.epoch, rules),
      records: files.reduce((sum, { rows }) => sum + rows, 0),
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      archived_to: archived.partitions.map(({ cut }) => cut),
    };
    return { archived, summary };
  } finally {
    duck.close();
    await own.remove();
  }
}

/**
 * Uploads the raw files and reads them back, byte for byte. It keeps local copies, which the run of the epoch finds if
 * it works on this machine.
 */
async function stageArchive(
  context: BatchContext,
  epoch: Epoch,
  { attempt, folder }: { attempt: string; folder: string },
  archived: Archive,
): Promise<JournalFile[]> {
  const copies = localCopies(context.hdfs, {
    shared: join(context.settings.workFolder, 'copies'),
    own: join(folder, 'copies'),
    keeps: true,
  });
  const uploaded = await stageFiles(context, { epoch, attempt, copies }, archived.files);
  const byPath = new Map(uploaded.map((file) => [file.path, file]));
  const files: JournalFile[] = [];
  for (const part of archived.files) {
    const file = byPath.get(part.path)!;
    await copies.adopt(part.localFile, file);
    const { partition, from, next, arrival, verdicts, deadLettersByReason } = part;
    files.push({
      ...file,
      partition,
      from,
      next,
      arrival,
      verdicts,
      dead_letters_by_reason: { ...deadLettersByReason },
    });
  }
  return files;
}
