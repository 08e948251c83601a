/** Refusals in the audit trail, from the API, pages and door.ts: who was refused, from where and with which status. */
import type { Audit } from '../../core/process/audit.ts';
import type { RequestHeaders } from './caller.ts';
import { isFault } from '../faults.ts';
import { clientOf } from './peer.ts';

/** 401: unknown caller; 403: no right; 421: not our host; 429: limit of one caller. */
const AUDITED: ReadonlySet<number> = new Set([401, 403, 421, 429]);

export interface RefusalFacts {
  readonly status: number;
  readonly route: string;
  readonly who: string | null;
  readonly request_id?: string;
}

export function auditRefusal(audit: Audit, request: RequestHeaders, facts: RefusalFacts): void {
  if (AUDITED.has(facts.status)) audit.record({ event: 'refused', from: clientOf(request), ...facts });
}

/** The refused caller, if the fault knows it. */
export function refusedCaller(fault: unknown): string | null {
  return isFault('Forbidden', fault) || isFault('TooManyRequests', fault) ? fault.who : null;
}
