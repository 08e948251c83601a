/**
 * What the pages ask, as one port: the browser asks over HTTP (http-questions.ts), the server's first paint asks
 * serving directly (serving-questions.ts), and callers do not know which of the two they ask.
 *
 * Answers are the API's own types. A question that fails throws a NoAnswer that says what happened: nobody answered, a
 * store behind the API is down, the question costs too much, or it was refused and why.
 */
import type {
  DetectionAnswer,
  DetectionsAnswer,
  LakeAnswer,
  LocationsAnswer,
  RunsAnswer,
  TimelineAnswer,
  TopItemsAnswer,
  TrustAnswer,
} from '../../serving/answers.ts';
import type { DetectionFootageAnswer, FootageAnswer, FootageCamerasAnswer } from '../../serving/footage-answers.ts';
import type { Report } from './report.ts';

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

/** `allowPartial`: accept an answer from one view while the other does not answer; else that is a NoAnswer. */
export interface PartialOption {
  readonly allowPartial?: boolean;
}

export interface Questions {
  topItems(
    question: Span & PartialOption & { location: string; limit: number; parts?: boolean; since?: number },
  ): Promise<TopItemsAnswer>;
  timeline(
    question: Span & PartialOption & { location: string; stepSeconds: number; tz?: string; parts?: boolean },
  ): Promise<TimelineAnswer>;
  locations(question: Span & PartialOption): Promise<LocationsAnswer>;
  trust(): Promise<TrustAnswer>;
  /** The verdict of the run of an epoch; null if there is no report. */
  verdict(epoch: string): Promise<Verdict | null>;
  /** The newest first; `cursor` of an answer leads to the older ones. */
  detections(question: Span & { location: string; limit: number; cursor?: string }): Promise<DetectionsAnswer>;
  /** Null if none has the id; `dt` looks into that day of the lake too. */
  detection(id: string, dt: string | null): Promise<DetectionAnswer | null>;
  runs(): Promise<RunsAnswer>;
  /** Null if the epoch is not published. */
  report(epoch: string): Promise<Report | null>;
  lake(): Promise<LakeAnswer>;
  /** What is wrong with which camera, over the last day. */
  cameras(): Promise<FootageCamerasAnswer>;
}

/** What only the browser asks: pictures come after a page, and each has an address of its own. */
export interface FootageQuestions {
  footage(question: Span & { camera: string; limit: number }): Promise<FootageAnswer>;
  footageOfDetection(id: string, dt: string | null): Promise<DetectionFootageAnswer>;
}

/** `costly`: the question needs too much work; `forbidden`: the role does not allow it; `absent`: it does not exist. */
export type NoAnswerKind = 'offline' | 'down' | 'costly' | 'refused' | 'forbidden' | 'absent';

/** A NoAnswer that can be sent from the server to the browser. */
export type Fault = Pick<NoAnswer, 'kind' | 'title' | 'detail' | 'requestId'>;

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly kind: NoAnswerKind;
  /** What a person reads first. */
  readonly title: string;
  readonly detail: string;
  readonly retryAfterMs: number | null;
  readonly requestId: string | null;
  constructor(
    kind: NoAnswerKind,
    title: string,
    rest: { detail?: string; retryAfterMs?: number | null; requestId?: string | null } = {},
  ) {
    super(title);
    this.kind = kind;
    this.title = title;
    this.detail = rest.detail ?? '';
    this.retryAfterMs = rest.retryAfterMs ?? null;
    this.requestId = rest.requestId ?? null;
  }
}

export function faultOf({ kind, title, detail, requestId }: NoAnswer): Fault {
  return { kind, title, detail, requestId };
}

export function asNoAnswer(thrown: unknown): NoAnswer {
  if (thrown instanceof NoAnswer) return thrown;
  return new NoAnswer('offline', 'No connection', {
    detail: thrown instanceof Error ? thrown.message : String(thrown),
  });
}
