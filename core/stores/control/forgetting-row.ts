/**
 * The row `forgetting/<generation>`: the newest forgetting, and whether its detections are leaving the store of rows
 * right now.
 *
 * The batch layer moves it before it takes the first entry out of a list, and again after the last one
 * (batch-layer/changes/work.ts). Serving reads it with each snapshot: while a forgetting is under way it hides what is
 * to go, so no answer shows half of it (serving/lake/leaving.ts), and a new `countsChange` ends its cache of counts.
 */
import { z } from 'zod';
import type { Instant } from '../../domain/time.ts';
import type { JsonAgreements } from '../rows/json-rows.ts';

export interface NewestForgetting {
  /** Number of the change of the lake (core/stores/lake/changes.ts). */
  readonly change: number;
  readonly isUnderWay: boolean;
  /** The newest change that took counts too; 0 if none did. */
  readonly countsChange: number;
  /** When it was announced here. */
  readonly since: Instant;
}

export interface ForgettingRow {
  forgetting(generation: number): Promise<NewestForgetting | null>;
  /** False if the row is not (any more) what the caller read. */
  moveForgetting(generation: number, from: NewestForgetting | null, to: NewestForgetting): Promise<boolean>;
}

export function forgettingRow(cell: JsonAgreements): ForgettingRow {
  return {
    forgetting: (generation) => cell.read(`forgetting/${generation}`, readForgetting),
    moveForgetting: (generation, from, to) =>
      cell.move(
        from,
        { row: `forgetting/${generation}`, timestamp: 2 * to.change + (to.isUnderWay ? 0 : 1), json: to },
        readForgetting,
      ),
  };
}

const whole = z.number().int();
const ForgettingJson = z.object({ change: whole, isUnderWay: z.boolean(), countsChange: whole, since: whole });

// The cast puts the domain's brand on what has just been checked to be a whole number.
const readForgetting = (json: unknown): NewestForgetting => ForgettingJson.parse(json) as unknown as NewestForgetting;
