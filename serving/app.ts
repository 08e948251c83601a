/**
 * Serving as one value: every question that the API can be asked, answered in typed answers.
 *
 * Route handlers (serving/http) turn requests into these calls, the dashboard's first paint makes them directly. The process
 * has one, made when it is first asked for; it opens its stores on the first question and opens them again after they were away.
 */
import type { Scope } from '../core/domain/counts.ts';
import type { Oid } from '../core/domain/oid.ts';
import type {
  DetectionAnswer,
  DetectionsAnswer,
  LocationsAnswer,
  TimelineAnswer,
  TopItemsAnswer,
  TrustAnswer,
} from './answers.ts';

/** [from, to) in epoch milliseconds; what is left out is the last hour's. */
export interface WindowQuestion {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Serving {
  topItems(question: WindowQuestion & { location: Scope; limit?: number; parts?: boolean }): Promise<TopItemsAnswer>;
  locations(question: WindowQuestion & { parts?: boolean }): Promise<LocationsAnswer>;
  timeline(question: WindowQuestion & { location: Scope; stepSeconds?: number; parts?: boolean }): Promise<TimelineAnswer>;
  detections(question: WindowQuestion & { location: Scope; limit?: number; cursor?: string }): Promise<DetectionsAnswer>;
  /** Null if no detection has the id. `date` (YYYY-MM-DD) looks into that day of the lake too. */
  detection(id: Oid, date?: string): Promise<DetectionAnswer | null>;
  trust(): Promise<TrustAnswer>;
}
