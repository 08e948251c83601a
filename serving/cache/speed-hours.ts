/**
 * Caches hours of the speed view and updates them by reading only changed cells: a cell's timestamp is the last offset
 * that it includes (law L4).
 *
 * If a read starts when the progress of a partition is P, it returns every effect of the records before P. A later
 * change has a timestamp of P or more, so the next read asks only for those, and skips partitions whose progress has
 * not moved. Each epoch remembers its hours and the progress of its last read. Epochs up to the horizon leave the
 * cache. An epoch that is pruned during a read is never counted, because no answer uses a snapshot that old
 * (snapshot.ts, law L5).
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HourLevel, HourRow, Hours } from '../../core/stores/views/count-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { EpochHours, SpeedView } from '../../core/stores/views/speed-view.ts';
import type { Budget } from './budget.ts';
import type { Names } from './names.ts';
import type { Sheet } from './sheet.ts';
import { keyedLock } from './keyed-lock.ts';
import { LiveSheet } from './sheet.ts';

/**
 * `progress`: the next offset of each partition, read before the cells; the sheets then include all earlier records.
 */
export interface SpeedLook {
  readonly epochs: readonly Epoch[];
  readonly hours: Hours;
  readonly horizon: Epoch | null;
  readonly progress: readonly number[];
}

export interface SpeedHours {
  sheets(scope: Scope, level: HourLevel, look: SpeedLook, limits?: ReadLimits): Promise<Sheet[]>;
}

interface KnownEpoch {
  readonly hours: Hours;
  /** Per partition: the sheets include every record before this offset. A partition without an entry has none. */
  readonly since: readonly number[];
  /** By hour and partition. */
  readonly sheets: Map<string, LiveSheet>;
}

type KnownEpochs = Map<Epoch, KnownEpoch>;

export function speedHours(view: Pick<SpeedView, 'changed'>, names: Names, budget: Budget): SpeedHours {
  const known = new Map<string, KnownEpochs>();
  const withLock = keyedLock();
  return {
    async sheets(scope, level, look, limits) {
      const key = `speed ${level} ${scope}`;
      const knownEpochs = known.get(key);
      // Everything is cached, so this question does not wait for a running read of a later snapshot.
      if (knownEpochs && readsOf(knownEpochs, look).length === 0) {
        budget.touch(key);
        return sheetsOf(knownEpochs, look);
      }
      return withLock(key, async () => {
        limits?.signal?.throwIfAborted();
        const epochs: KnownEpochs = known.get(key) ?? new Map();
        for (const epoch of epochs.keys()) if (epoch <= (look.horizon ?? -1)) epochs.delete(epoch);
        const reads = readsOf(epochs, look);
        const answers = await Promise.all(
          reads.map(({ spans, since }) => view.changed({ scope, level, spans, since }, limits)),
        );
        // Only after all reads have succeeded: a failed read leaves the cache as it was.
        recordLook(epochs, look);
        for (const row of answers.flat()) addRow(epochs, row, level, names);
        if (reads.length === 0) budget.touch(key);
        else {
          known.set(key, epochs);
          budget.add(key, bytesOf(epochs), () => known.delete(key));
        }
        return sheetsOf(epochs, look);
      });
    },
  };
}

function sheetsOf(known: KnownEpochs, { epochs }: SpeedLook): Sheet[] {
  return epochs.flatMap((epoch) => [...(known.get(epoch)?.sheets.values() ?? [])]);
}

interface ChangedRead {
  readonly spans: EpochHours[];
  readonly since: ReadonlyMap<number, number>;
}

/** One read for all hours that are not cached, and one for the changes of all epochs that were last read together. */
function readsOf(known: KnownEpochs, { epochs, hours, progress }: SpeedLook): ChangedRead[] {
  const whole: ChangedRead = { spans: [], since: new Map(progress.map((_, partition) => [partition, 0])) };
  const changed = new Map<readonly number[], ChangedRead>();
  for (const epoch of epochs) {
    const before = known.get(epoch);
    if (!before) {
      whole.spans.push({ epoch, hours });
      continue;
    }
    if (hours.from < before.hours.from)
      whole.spans.push({ epoch, hours: { from: hours.from, to: before.hours.from - 1 } });
    if (hours.to > before.hours.to) whole.spans.push({ epoch, hours: { from: before.hours.to + 1, to: hours.to } });
    let read = changed.get(before.since);
    if (!read) changed.set(before.since, (read = { spans: [], since: changedPartitions(before.since, progress) }));
    read.spans.push({ epoch, hours: before.hours });
  }
  return [whole, ...changed.values()].filter(({ spans, since }) => spans.length > 0 && since.size > 0);
}

function changedPartitions(since: readonly number[], progress: readonly number[]): Map<number, number> {
  const moved = new Map<number, number>();
  progress.forEach((next, partition) => {
    const from = since[partition] ?? 0;
    // mutation: changed-since
    if (next > from) moved.set(partition, from);
  });
  return moved;
}

/** The later offset of each partition; the two lists can differ in length after the topic has grown. */
function laterOffsets(one: readonly number[], other: readonly number[]): number[] {
  const [longer, shorter] = one.length < other.length ? [other, one] : [one, other];
  return longer.map((offset, partition) => Math.max(offset, shorter[partition] ?? 0));
}

/** Extends the cached hours by the hours of the read, as one range, and moves each partition to the later progress. */
function recordLook(known: KnownEpochs, { epochs, hours, progress }: SpeedLook): void {
  const later = new Map<readonly number[], readonly number[]>();
  for (const epoch of epochs) {
    const before = known.get(epoch);
    if (!before) {
      known.set(epoch, { hours, since: progress, sheets: new Map() });
      continue;
    }
    let since = later.get(before.since);
    if (!since)
      later.set(
        before.since,
        (since =
          changedPartitions(before.since, progress).size === 0 ? before.since : laterOffsets(before.since, progress)),
      );
    known.set(epoch, {
      ...before,
      since,
      hours: { from: Math.min(hours.from, before.hours.from), to: Math.max(hours.to, before.hours.to) },
    });
  }
}

function addRow(known: KnownEpochs, row: HourRow, level: HourLevel, names: Names): void {
  const sheets = known.get(row.epoch)?.sheets;
  if (!sheets) return;
  const key = `${row.hour} ${row.partition}`;
  let sheet = sheets.get(key);
  if (!sheet) sheets.set(key, (sheet = new LiveSheet(row)));
  sheet.take(row, level, names);
}

function bytesOf(epochs: KnownEpochs): number {
  let bytes = 0;
  for (const { sheets, since } of epochs.values()) {
    bytes += 300 + 8 * since.length;
    for (const sheet of sheets.values()) bytes += sheet.bytes;
  }
  return bytes;
}
