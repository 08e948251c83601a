/**
 * The snapshot that an answer is read from: the horizon, the progress of the partitions and the ends of the log, read
 * in the order that makes the answer's promise true.
 *
 * Every question takes a snapshot first and reads its counts after it. One snapshot serves all questions of a quarter
 * of a second, so many viewers cost Kafka and the control table no more than one. The order is: ends, then progress and
 * horizon, then (in the questions) counts. In the reverse order a count could be older than `speed_as_of` claims.
 */
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { LogAdmin } from '../../core/stores/kafka/types.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { DetectedRange } from '../../core/domain/doubt.ts';
import type { RowStore } from '../../core/stores/room/row-store.ts';
import type { EndOffsets, Standing } from './freshness.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import type { NewestForgetting } from '../../core/stores/control/forgetting-row.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';
import { inDoubt } from '../../core/domain/doubt.ts';
import { epoch, startOf } from '../../core/domain/epoch.ts';
import { reliedOnMs } from '../../core/domain/grace.ts';
import { partitionsEver } from '../../core/domain/growth.ts';
import { NO_TALLIES } from '../../core/domain/tallies.ts';
import { standingOf } from './freshness.ts';
import { logEnds } from './log-ends.ts';

export interface Snapshot {
  /** What keeps the rows, for messages. */
  readonly storeName: string;
  readonly readAt: number;
  readonly rules: Rules;
  readonly horizon: Horizon | null;
  /** The newest forgetting; null if there was none. */
  readonly forgetting: NewestForgetting | null;
  /**
   * One entry for each partition that is recorded or holds a record; before its first batch, the generation's first
   * offset.
   */
  readonly progress: readonly Progress[];
  /** The newest known ends of the log; null if Kafka has never answered. */
  readonly ends: EndOffsets | null;
  readonly standing: Standing;
  /** Detections that were counted without a quorum of replicas, and are not published yet; null if there are none. */
  readonly doubted: DetectedRange | null;
  /** False if something that these stores read came from fewer replicas than a quorum; caches may hold it. */
  isSure(): boolean;
}

export interface SnapshotReader {
  /** The newest snapshot. `other`: a snapshot that was not valid long enough and must not be returned again. */
  current(other?: Snapshot): Promise<Snapshot>;
  /**
   * Whether cells that were read since `snapshot` are complete: no epoch of it can have been pruned, and no count
   * forgotten meanwhile.
   */
  isStillValid(snapshot: Snapshot): Promise<boolean>;
  /** Whether lists that were read since `snapshot` are whole: no later forgetting can have begun to empty them. */
  isStillListed(snapshot: Snapshot): Promise<boolean>;
  /** The fault of the newest request for the ends of the log; null if there is none. */
  logFault(): unknown;
}

export interface SnapshotSources {
  readonly control: Pick<ControlStore, 'progress' | 'horizon' | 'growth' | 'forgetting'>;
  readonly admin: Pick<LogAdmin, 'newestEnds'>;
  readonly rules: Rules;
  readonly store: Pick<RowStore, 'name' | 'certainty'>;
}

export interface SnapshotOptions {
  readonly now: () => number;
  /** How long a snapshot serves new questions. */
  readonly freshForMs: number;
}

export function snapshotReader(sources: SnapshotSources, options: SnapshotOptions): SnapshotReader {
  const { control, rules, store } = sources;
  // mutation: weak-reads-told
  const isSure = (): boolean => store.certainty.weakAnswers() === 0;
  const { now } = options;
  const log = logEnds(sources.admin, now);
  let last: Snapshot | null = null;
  let pending: Promise<Snapshot> | null = null;

  const progressOf = async (from: number, to: number): Promise<Progress[]> => {
    if (to <= from) return [];
    const partitions = Array.from({ length: to - from }, (_, i) => from + i);
    const rows = await control.progress(rules.generation, partitions);
    return rows.map((row, i) => row ?? notBegun(rules, from + i));
  };
  const read = async (): Promise<Snapshot> => {
    // mutation: answer-ends
    const history = await log.refresh();
    const readAt = now();
    const [horizon, forgetting, known] = await Promise.all([
      control.horizon(rules.generation),
      control.forgetting(rules.generation),
      progressOf(0, partitionsEver(rules)),
    ]);
    // Read after the progress, so every partition that the progress includes is already recorded.
    const { growths, growingTo } = await control.growth(rules.generation);
    const recorded = Math.max(partitionsEver({ ...rules, growths }), growingTo ?? 0);
    // mutation: answer-progress
    const progress = [...known, ...(await progressOf(known.length, Math.max(recorded, filledOf(history[0]))))];
    const standing = standingOf(progress, history, last?.standing ?? null, rules.partitionCount);
    const doubted = inDoubt(progress, horizon?.epoch ?? null, rules);
    const ends = history[0] ?? null;
    return { storeName: store.name, readAt, rules, horizon, forgetting, progress, ends, standing, doubted, isSure };
  };
  return {
    async current(other) {
      if (last && last !== other && now() - last.readAt <= options.freshForMs) return last;
      pending ??= read().finally(() => (pending = null));
      return (last = await pending);
    },
    async isStillValid(snapshot) {
      // Within half of the recorded grace period nothing can have been pruned (core/domain/grace.ts).
      if (now() - snapshot.readAt < reliedOnMs(snapshot.horizon)) return true;
      const { generation } = rules;
      const [horizon, forgetting] = await Promise.all([control.horizon(generation), control.forgetting(generation)]);
      return (
        (horizon?.epoch ?? null) === (snapshot.horizon?.epoch ?? null) &&
        (forgetting?.countsChange ?? 0) === (snapshot.forgetting?.countsChange ?? 0)
      );
    },
    async isStillListed(snapshot) {
      const newest = await control.forgetting(rules.generation);
      return (newest?.change ?? 0) === (snapshot.forgetting?.change ?? 0);
    },
    logFault: () => log.fault(),
  };
}

/** The number of partitions up to the last one that holds a record; an unrecorded partition counts as behind. */
function filledOf(newest: EndOffsets | undefined): number {
  return (newest?.ends.findLastIndex((end) => end > 0) ?? -1) + 1;
}

function notBegun(rules: Rules, partition: number): Progress {
  const arrival: Instant = startOf(epoch(rules.firstEpoch), rules);
  return { partition, nextOffset: rules.firstOffsets[partition] ?? 0, arrival, tallies: NO_TALLIES };
}
