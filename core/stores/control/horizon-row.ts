/**
 * The row `horizon/<generation>`: the last published epoch, and where it ends in each partition (laws L5 and L9).
 *
 * control.ts composes it; a run of the batch layer moves it last, by check-and-put, and serving merges the two views
 * there.
 */
import { z } from 'zod';
import type { Epoch } from '../../domain/epoch.ts';
import type { Grace } from '../../domain/grace.ts';
import type { Instant } from '../../domain/time.ts';
import type { JsonAgreements } from '../rows/json-rows.ts';

/** The last published epoch and where it ends in each partition. A version before this one recorded no grace. */
export interface Horizon extends Partial<Grace> {
  readonly epoch: Epoch;
  /** Per partition: the first offset after the epoch. */
  readonly cuts: readonly number[];
  /** Per partition: the arrival reached before the cut, to go on from. */
  readonly arrivals: readonly Instant[];
  readonly publishedAt: Instant;
}

export interface HorizonRow {
  horizon(generation: number): Promise<Horizon | null>;
  /** Moves the horizon; false if it is not (any more) what the caller read. */
  moveHorizon(generation: number, from: Horizon | null, to: Horizon): Promise<boolean>;
}

export function horizonRow(cell: JsonAgreements): HorizonRow {
  return {
    horizon: (generation) => cell.read(`horizon/${generation}`, readHorizon),
    moveHorizon: (generation, from, to) =>
      cell.move(from, { row: `horizon/${generation}`, timestamp: to.epoch, json: to }, readHorizon),
  };
}

const whole = z.number().int();
const HorizonJson = z.object({
  epoch: whole,
  cuts: z.array(whole),
  arrivals: z.array(whole),
  publishedAt: whole,
  graceMs: whole.optional(),
  keptUntil: whole.optional(),
});

// The cast puts the domain's brands on what has just been checked to be whole numbers.
const readHorizon = (json: unknown): Horizon => HorizonJson.parse(json) as unknown as Horizon;
