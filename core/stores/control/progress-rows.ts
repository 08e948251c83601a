/**
 * The rows `progress/<generation>/<partition>` and `cut/<generation>/<partition>/<offset>`: how far the speed layer is
 * (laws L1, L8); and `doubt/<generation>/<partition>`, which Cassandra alone has.
 *
 * control.ts composes them; the speed layer writes both after its counts, serving and the batch layer read them. A
 * stale writer loses to a greater offset; two writers of one offset write the same bytes, because the members of the
 * JSON have one fixed order.
 */
import { z } from 'zod';
import { EVERYTHING, isOpen } from '../../domain/doubt.ts';
import type { Doubt } from '../../domain/doubt.ts';
import type { Tallies } from '../../domain/tallies.ts';
import type { Instant } from '../../domain/time.ts';
import type { JsonFacts } from '../rows/json-rows.ts';

/** Up to where a partition's effects are in HBase. */
export interface Progress {
  readonly partition: number;
  readonly nextOffset: number;
  /** Arrival of the last record before nextOffset (arrival.ts). */
  readonly arrival: Instant;
  /** Of all records of the generation before nextOffset. */
  readonly tallies: Tallies;
  /** Spans that were counted without a quorum; no member if there is none. */
  readonly doubts?: readonly Doubt[];
}

/** The speed layer's tallies where an epoch ends: what the batch layer proves its own against. */
export interface CutTallies {
  readonly partition: number;
  /** The first offset of the next epoch. */
  readonly cut: number;
  /** Of all records of the generation before the cut. */
  readonly tallies: Tallies;
}

export interface ProgressRows {
  /** One entry a partition, null where nothing was processed yet. */
  progress(generation: number, partitions: readonly number[]): Promise<(Progress | null)[]>;
  /**
   * Says that records before these offsets are counted in doubt. It is called before the first write of them, so that
   * no reader meets such a count without its doubt. The progress that includes the offset names the span.
   */
  announceDoubt(generation: number, ends: readonly { partition: number; to: number }[]): Promise<void>;
  /** Writes the cuts first, then the progress, so that a reader of the progress finds every cut before it. */
  putProgress(generation: number, progress: readonly Progress[], cuts?: readonly CutTallies[]): Promise<void>;
  /** One entry a cut that was asked for; null where the speed layer has not processed a record at or after it. */
  cutTallies(generation: number, cuts: readonly Omit<CutTallies, 'tallies'>[]): Promise<(CutTallies | null)[]>;
}

/** `mayDoubt`: whether anybody counts without a quorum here. */
export function progressRows(cell: JsonFacts, mayDoubt = false): ProgressRows {
  return {
    async progress(generation, partitions) {
      const names = partitions.map((partition) => progressRow(generation, partition));
      if (!mayDoubt) return cell.readAll(names, readProgress);
      const doubtNames = partitions.map((partition) => doubtRow(generation, partition));
      const rows = await cell.readAll([...names, ...doubtNames], (json) => json);
      return names.map((_, at) => {
        const progress = rows[at] === null ? null : readProgress(rows[at]);
        const announced = rows[names.length + at];
        return progress && announced ? withAnnounced(progress, AnnouncedJson.parse(announced).to) : progress;
      });
    },
    async announceDoubt(generation, ends) {
      await cell.put(
        ends.map(({ partition, to }) => ({
          ...{ row: doubtRow(generation, partition), timestamp: to },
          json: { partition, to },
        })),
      );
    },
    async putProgress(generation, all, cuts = []) {
      await cell.put(cuts.map((passed) => ({ row: cutRow(generation, passed), timestamp: passed.cut, json: passed })));
      await cell.put(all.map((p) => ({ row: progressRow(generation, p.partition), timestamp: p.nextOffset, json: p })));
    },
    cutTallies: (generation, cuts) =>
      cell.readAll(
        cuts.map((cut) => cutRow(generation, cut)),
        readCutTallies,
      ),
  };
}

/** A round that was announced and has no progress: nobody knows how far it came, or what it counted. */
function withAnnounced(progress: Progress, to: number): Progress {
  const { doubts = [], nextOffset, arrival, tallies } = progress;
  const last = doubts.at(-1);
  // mutation: announced-doubt
  if (to <= nextOffset) return progress;
  if (last && isOpen(last)) return { ...progress, doubts: [...doubts.slice(0, -1), { ...last, detected: EVERYTHING }] };
  const span = { arrivedBefore: arrival, tallies, arrivedTo: arrival, detected: EVERYTHING, state: 'open' as const };
  return { ...progress, doubts: [...doubts, { from: nextOffset, to: nextOffset, ...span }] };
}

const doubtRow = (generation: number, partition: number): string => `doubt/${generation}/${partition}`;

const progressRow = (generation: number, partition: number): string => `progress/${generation}/${partition}`;

const cutRow = (generation: number, { partition, cut }: Omit<CutTallies, 'tallies'>): string =>
  `cut/${generation}/${partition}/${cut}`;

const whole = z.number().int();
/** Programs before 2026-12-01 named the first offset instead. */
const AnnouncedJson = z
  .object({ from: whole.optional(), to: whole.optional() })
  .transform(({ from = 0, to = from + 1 }) => ({ to }));
/** Tallies as they are written down, here and in the reports of the batch layer (runs.ts). */
export const TalliesJson = z.object({
  new: whole,
  copies: whole,
  strays: whole,
  deferred: whole,
  dead_letters: whole,
  ticks: whole,
  dead_letters_by_reason: z.record(z.string(), whole),
});
const DoubtJson = z.object({
  ...{ from: whole, to: whole, arrivedBefore: whole, arrivedTo: whole, tallies: TalliesJson },
  detected: z.object({ from: whole, to: whole }).nullable(),
  state: z.enum(['open', 'rereading', 'reread']),
});
const ProgressJson = z.object({
  ...{ partition: whole, nextOffset: whole, arrival: whole, tallies: TalliesJson },
  doubts: z.array(DoubtJson).optional(),
});
const CutTalliesJson = z.object({ partition: whole, cut: whole, tallies: TalliesJson });

// The casts put the domain's brands on what has just been checked to be whole numbers.
const readProgress = (json: unknown): Progress => ProgressJson.parse(json) as unknown as Progress;
const readCutTallies = (json: unknown): CutTallies => CutTalliesJson.parse(json) as CutTallies;
