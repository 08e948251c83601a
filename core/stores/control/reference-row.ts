/**
 * The row `reference`: which version of dataset B is loaded, and how many locations it has.
 *
 * control.ts composes it; `sightline reference load` moves it by check-and-put, and reports name the version.
 */
import { z } from 'zod';
import type { Instant } from '../../domain/time.ts';
import type { JsonAgreements } from '../rows/json-rows.ts';

export interface Reference {
  readonly version: number;
  readonly locations: number;
  readonly loadedAt: Instant;
}

export interface ReferenceRow {
  reference(): Promise<Reference | null>;
  moveReference(from: Reference | null, to: Reference): Promise<boolean>;
}

export function referenceRow(cell: JsonAgreements): ReferenceRow {
  return {
    reference: () => cell.read('reference', readReference),
    moveReference: (from, to) => cell.move(from, { row: 'reference', timestamp: to.version, json: to }, readReference),
  };
}

const whole = z.number().int();
const ReferenceJson = z.object({ version: whole, locations: whole, loadedAt: whole });

// The cast puts the domain's brand on what has just been checked to be a whole number.
const readReference = (json: unknown): Reference => ReferenceJson.parse(json) as Reference;
