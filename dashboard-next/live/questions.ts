/**
 * What the Live page asks, as one port: the browser asks over HTTP (ask.ts), the server's first paint asks serving directly
 * (server/serving.ts), and nothing behind the port knows which.
 *
 * Answers are the API's own types. A question that fails throws a NoAnswer that says which of three things happened: nobody
 * answered, a store behind the API is down, or the question was refused.
 */
import type { LocationsAnswer, TimelineAnswer, TopItemsAnswer, TrustAnswer } from '../../serving/answers.ts';

/** [from, to) in epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Verdict {
  readonly epoch: string;
  readonly result: 'proved' | 'repaired' | 'unproven';
  readonly differences: number;
}

export interface Questions {
  topItems(question: Span & { location: string; limit: number; parts?: boolean }): Promise<TopItemsAnswer>;
  timeline(question: Span & { location: string; stepSeconds: number; parts?: boolean }): Promise<TimelineAnswer>;
  locations(question: Span): Promise<LocationsAnswer>;
  trust(): Promise<TrustAnswer>;
  /** What the run of an epoch proved; null if there is no report. */
  verdict(epoch: string): Promise<Verdict | null>;
}

export type Silence = 'offline' | 'down' | 'refused';

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly kind: Silence;
  /** What a person reads first. */
  readonly title: string;
  readonly detail: string;
  readonly retryAfterMs: number | null;
  readonly requestId: string | null;
  constructor(kind: Silence, title: string, rest: { detail?: string; retryAfterMs?: number | null; requestId?: string | null } = {}) {
    super(title);
    this.kind = kind;
    this.title = title;
    this.detail = rest.detail ?? '';
    this.retryAfterMs = rest.retryAfterMs ?? null;
    this.requestId = rest.requestId ?? null;
  }
}

export function asNoAnswer(thrown: unknown): NoAnswer {
  if (thrown instanceof NoAnswer) return thrown;
  return new NoAnswer('offline', 'No connection', { detail: thrown instanceof Error ? thrown.message : String(thrown) });
}
