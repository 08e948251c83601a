/**
 * Refusals in the audit trail: who was turned away, from where and with which status; the API, pages and the door
 * record theirs here.
 */
import type { Audit } from '../../core/process/audit.ts';
import type { Asking } from './caller.ts';
import { isFault } from '../faults.ts';
import { clientOf } from './peer.ts';

/** 401 and 403: not admitted, not allowed; 421: not our host; 429: too much of one caller. */
const AUDITED: ReadonlySet<number> = new Set([401, 403, 421, 429]);

export interface RefusalFacts {
  readonly status: number;
  readonly route: string;
  readonly who: string | null;
  readonly request_id?: string;
}

export function auditRefusal(audit: Audit, request: Asking, facts: RefusalFacts): void {
  if (AUDITED.has(facts.status)) audit.record({ event: 'refused', from: clientOf(request), ...facts });
}

/** Who was refused, where the fault knows it. */
export function whoseFault(fault: unknown): string | null {
  return isFault('NotAllowed', fault) || isFault('TooMany', fault) ? fault.who : null;
}
