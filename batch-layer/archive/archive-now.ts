/**
 * `batch archive`: what the log holds of the epochs that are not published yet goes into raw files now (law L9).
 *
 * The archive is the master dataset; done hourly, Kafka's retention never decides what is kept. Called with the lock of
 * the lake held. It appends no tick and cuts nothing: a partition is read to its end as it is, and an epoch's run goes
 * on from there. Where no record after an epoch's end was delivered yet, the next record may still belong to it, so
 * later epochs wait for the next time. So does a partition whose next stamp is ahead of the clock (held-partitions.ts).
 */
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Archive, EpochStart } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { JournalFile } from './journal.ts';
import type { HeldPartition } from '../../core/process/hold-text.ts';
import type { HeldLease } from '../lock/lease.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { archive } from './archive.ts';
import { addJournalEntry, finishJournals, settleArchive } from './journal.ts';
import { readIntent } from '../lake/intent.ts';
import { localCopies } from '../lake/local-copies.ts';
import { openOwnFolder } from '../lock/own-folder.ts';
import { nextEpoch, horizonOf } from '../epochs/next-epochs.ts';
import { settleRules } from '../epochs/settled-rules.ts';
import { stageFiles } from '../lake/stage.ts';
import { epochStartAt, epochStartOf } from '../epochs/epoch-start.ts';

/** What was added to one epoch's archive. */
export interface Added {
  readonly epoch: string;
  readonly records: number;
  readonly files: number;
  readonly bytes: number;
  /** Per partition: the offset up to which the epoch is archived now. */
  readonly archived_to: readonly number[];
}

export interface ArchivedNow {
  /** Epochs to which nothing was added are left out. */
  readonly added: readonly Added[];
  /** Partitions that could not be read to their ends, because a stamp is ahead of the clock. */
  readonly held: readonly HeldPartition[];
}

/** Archives every epoch that is not published, in order. */
export async function archiveNow(before: BatchContext, lease: HeldLease): Promise<ArchivedNow> {
  const horizon = await horizonOf(before);
  await lease.check();
  await finishJournals(before);
  const added: Added[] = [];
  const now = epochAt(Date.now(), before.rules);
  const context = await settleRules(before, now);
  let seam = await nextEpochStart(context, horizon);
  let skip: readonly number[] = [];
  const held: HeldPartition[] = [];
  while (seam.epoch <= now && skip.length < seam.firsts.length) {
    const { one, archived } = await archiveEpoch(context, lease, seam, skip);
    if (one.files > 0) added.push(one);
    held.push(...archived.held);
    skip = archived.uncut;
    const epoch = (seam.epoch + 1) as Epoch;
    seam = epochStartAt(
      context.rules,
      epoch,
      archived.partitions.map(({ cut }) => cut),
      archived.partitions.map(({ arrival }) => arrival),
    );
  }
  context.metrics.held(held.length);
  return { added, held };
}

/**
 * Behind the horizon; or behind an epoch whose run died after its intent, because that names every file of it already.
 */
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
  seam: EpochStart,
  skip: readonly number[],
): Promise<{ one: Added; archived: Archive }> {
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
    const early = await settleArchive(context, seam.epoch, seam.firsts);
    const archived = await archive(context, duck, seam, { folder, ticks: false, early: early.files, skip });
    const files = await staged(context, seam.epoch, { attempt, folder }, archived);
    await context.reached('archive_staged');
    if (files.length > 0) {
      await addJournalEntry(context, seam.epoch, attempt, { nextEntry: early.nextEntry, files }, () => lease.check());
    }
    const one = {
      epoch: nameOf(seam.epoch, rules),
      records: files.reduce((sum, { rows }) => sum + rows, 0),
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      archived_to: archived.partitions.map(({ cut }) => cut),
    };
    return { one, archived };
  } finally {
    duck.close();
    await own.remove();
  }
}

/** Uploaded and read back, byte for byte; the run of the epoch finds local copies of them if it is this machine's. */
async function staged(
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
  const uploaded = await stageFiles(context, epoch, attempt, archived.files, copies);
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
