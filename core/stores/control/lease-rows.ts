/**
 * The rows `lease/<name>`: who holds what only one process may hold (law L9).
 *
 * control.ts composes them; core/stores/control/lease.ts takes, renews and gives back leases, by check-and-put.
 */
import { z } from 'zod';
import type { JsonAgreements } from '../rows/json-rows.ts';

/** The lock that a run of the batch layer holds. */
export const LAKE_LEASE = 'lake';
/** Of the command that makes or removes a generation. */
export const REBUILD_LEASE = 'rebuild';
/** Of whoever packs, erases or analyses footage. */
export const PACK_LEASE = 'footage-pack';
/** Owner of a lease that was given back. */
export const NOBODY = '';

export interface Lease {
  readonly owner: string;
  /** Grows with each renewal; a lease whose number stands still for its length is dead. */
  readonly renewal: number;
  readonly lengthMs: number;
}

export interface LeaseRows {
  lease(name: string): Promise<Lease | null>;
  moveLease(name: string, from: Lease | null, to: Lease): Promise<boolean>;
}

export function leaseRows(cell: JsonAgreements): LeaseRows {
  return {
    lease: (name) => cell.read(`lease/${name}`, readLease),
    moveLease: (name, from, to) =>
      cell.move(from, { row: `lease/${name}`, timestamp: to.renewal, json: to }, readLease),
  };
}

const whole = z.number().int();
const LeaseJson = z.object({ owner: z.string(), renewal: whole, lengthMs: whole });

const readLease = (json: unknown): Lease => LeaseJson.parse(json);
