/**
 * Hours of the speed view, kept up by asking only for what changed: a cell's timestamp is the last offset that it
 * includes (law L4).
 *
 * A look at a partition's cells that began when its progress was P has every effect of the records before P. What
 * changed since has a timestamp of P or more, so the next look asks for that alone, and a partition whose progress
 * stands still is not asked. Each epoch remembers its hours and the progress of its last look. Epochs up to the horizon
 * are forgotten; an epoch that was pruned in the middle of a look is never counted, because an answer on a snapshot
 * that old is not given (snapshot.ts, law L5).
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HourLevel, HourRow, Hours } from '../../core/stores/views/count-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { EpochHours, SpeedView } from '../../core/stores/views/speed-view.ts';
import type { Budget } from './budget.ts';
import type { Names } from './names.ts';
import type { Sheet } from './sheet.ts';
import { inTurn } from './keyed-lock.ts';
import { LiveSheet } from './sheet.ts';

/**
 * `progress`: the next offset of each partition, read before; all effects of earlier records are in what comes back.
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
  /** Per partition: everything before this offset is in the sheets; of one that came later, nothing. */
  readonly since: readonly number[];
  /** By hour and partition. */
  readonly sheets: Map<string, LiveSheet>;
}

type KnownEpochs = Map<Epoch, KnownEpoch>;

export function speedHours(view: Pick<SpeedView, 'changed'>, names: Names, budget: Budget): SpeedHours {
  const known = new Map<string, KnownEpochs>();
  const turn = inTurn();
  return {
    async sheets(scope, level, look, limits) {
      const key = `speed ${level} ${scope}`;
      const ready = known.get(key);
      // Nothing to read: not held up by a look on a later snapshot that is under way.
      if (ready && readsOf(ready, look).length === 0) {
        budget.used(key);
        return sheetsOf(ready, look);
      }
      return turn(key, async () => {
        limits?.signal?.throwIfAborted();
        const epochs: KnownEpochs = known.get(key) ?? new Map();
        for (const epoch of epochs.keys()) if (epoch <= (look.horizon ?? -1)) epochs.delete(epoch);
        const reads = readsOf(epochs, look);
        const answers = await Promise.all(
          reads.map(({ spans, since }) => view.changed(scope, level, spans, since, limits)),
        );
        // Only now, when all was read: a look that fails half-way leaves what is known as it was.
        cover(epochs, look);
        for (const row of answers.flat()) take(epochs, row, level, names);
        if (reads.length === 0) budget.used(key);
        else {
          known.set(key, epochs);
          budget.holds(key, bytesOf(epochs), () => known.delete(key));
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

/**
 * Hours that were never read, whole; of those that were, what changed since, in one read for all that were last looked
 * at together.
 */
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
    if (!read) changed.set(before.since, (read = { spans: [], since: movedSince(before.since, progress) }));
    read.spans.push({ epoch, hours: before.hours });
  }
  return [whole, ...changed.values()].filter(({ spans, since }) => spans.length > 0 && since.size > 0);
}

function movedSince(since: readonly number[], progress: readonly number[]): Map<number, number> {
  const moved = new Map<number, number>();
  progress.forEach((next, partition) => {
    const from = since[partition] ?? 0;
    if (next > from) moved.set(partition, from);
  });
  return moved;
}

/** Of each partition the later of two; a look knows those that it had heard of. */
function laterOf(one: readonly number[], other: readonly number[]): number[] {
  const [longer, shorter] = one.length < other.length ? [other, one] : [one, other];
  return longer.map((offset, partition) => Math.max(offset, shorter[partition] ?? 0));
}

/** What is known after the look: as many hours as both, in one piece, as of the later progress of each partition. */
function cover(known: KnownEpochs, { epochs, hours, progress }: SpeedLook): void {
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
        (since = movedSince(before.since, progress).size === 0 ? before.since : laterOf(before.since, progress)),
      );
    known.set(epoch, {
      ...before,
      since,
      hours: { from: Math.min(hours.from, before.hours.from), to: Math.max(hours.to, before.hours.to) },
    });
  }
}

function take(known: KnownEpochs, row: HourRow, level: HourLevel, names: Names): void {
  const sheets = known.get(row.epoch)?.sheets;
  if (!sheets) return;
  const key = `${row.hour} ${row.partition}`;
  let sheet = sheets.get(key);
  if (!sheet) sheets.set(key, (sheet = new LiveSheet(row)));
  sheet.take(row.cells, level, names);
}

function bytesOf(epochs: KnownEpochs): number {
  let bytes = 0;
  for (const { sheets, since } of epochs.values()) {
    bytes += 300 + 8 * since.length;
    for (const sheet of sheets.values()) bytes += sheet.bytes;
  }
  return bytes;
}
