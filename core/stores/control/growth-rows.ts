/**
 * The rows `growth/<generation>` and `read/<generation>/<from>/<partition>`: how the topic grew, and how far it is
 * counted (law L3).
 *
 * control.ts composes them; settled-growth.ts settles epochs, `topic grow` records a growth, the speed layer says what
 * it has counted. The first kind moves by check-and-put alone.
 */
import { z } from 'zod';
import type { Growth } from '../../domain/rules.ts';
import type { Instant } from '../../domain/time.ts';
import type { JsonAgreements, JsonFacts } from '../rows/json-rows.ts';

/** How the topic grew: rules that change while a generation lives. */
export interface GrowthRecord {
  /** Raised by each change. */
  readonly change: number;
  /** Nobody can record a growth that begins with this epoch or an earlier one; -1: every epoch is still open. */
  readonly settled: number;
  readonly growths: readonly Growth[];
  /** The count to which the topic is growing; the growth's beginning is not recorded yet. */
  readonly growingTo: number | null;
}

export interface GrowthRows {
  /** Change 0 if nobody has changed it yet. */
  growth(generation: number): Promise<GrowthRecord>;
  /** Records `to`; false if `from` is not (any more) what is recorded. */
  moveGrowth(generation: number, from: GrowthRecord, to: Omit<GrowthRecord, 'change'>): Promise<boolean>;
  /** Of each partition, whether everything that arrived in it before `from` is counted. */
  readUpTo(generation: number, from: Instant, partitions: readonly number[]): Promise<boolean[]>;
  putReadUpTo(generation: number, from: Instant, partitions: readonly number[]): Promise<void>;
}

export function growthRows(agreed: JsonAgreements, facts: JsonFacts): GrowthRows {
  return {
    growth: async (generation) => (await agreed.read(growthRow(generation), readGrowth)) ?? NOT_GROWN,
    moveGrowth(generation, from, to) {
      const next: GrowthRecord = { ...to, change: from.change + 1 };
      return agreed.move(
        from.change === 0 ? null : from,
        { row: growthRow(generation), timestamp: next.change, json: next },
        readGrowth,
      );
    },
    async readUpTo(generation, from, partitions) {
      const rows = await facts.readAll(
        partitions.map((partition) => readUpToRow(generation, from, partition)),
        () => true,
      );
      return rows.map((row) => row === true);
    },
    putReadUpTo: (generation, from, partitions) =>
      facts.put(
        partitions.map((partition) => ({
          row: readUpToRow(generation, from, partition),
          timestamp: 1,
          json: { from, partition },
        })),
      ),
  };
}

const growthRow = (generation: number): string => `growth/${generation}`;

const readUpToRow = (generation: number, from: Instant, partition: number): string =>
  `read/${generation}/${from}/${partition}`;

const whole = z.number().int();
const GrowthJson = z.object({
  change: whole,
  settled: whole,
  growths: z.array(z.looseObject({ from: whole, partitions: whole })),
  growingTo: whole.nullable(),
});
const NOT_GROWN: GrowthRecord = { change: 0, settled: -1, growths: [], growingTo: null };

// The cast puts the domain's brands on what has just been checked to be whole numbers.
const readGrowth = (json: unknown): GrowthRecord => GrowthJson.parse(json) as unknown as GrowthRecord;
