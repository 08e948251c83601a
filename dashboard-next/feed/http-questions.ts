/**
 * The pages' questions over HTTP: the browser's side of the port in model/questions.ts.
 *
 * A problem answer (RFC 9457) becomes a NoAnswer. 503 means that a store is down, and says when to ask again; with a
 * field that says what to narrow, the question needs too much work. 401 and 403 mean that a role is missing, 404 that
 * the thing does not exist, any other status that the API refuses the question. No answer within the time limit means
 * no connection.
 */
import type { Clock } from './clock.ts';
import type { RunAnswer } from '../../serving/answers.ts';
import { SIGN_IN_HEADER } from '../../serving/access/sign-in-header.ts';
import type { Board } from '../model/board.ts';
import type { Subject } from '../model/board-answers.ts';
import type { FootageQuestions, PartialOption, Questions, NoAnswerKind, Verdict } from '../model/questions.ts';
import { asNoAnswer, NoAnswer } from '../model/questions.ts';
import { reportOf } from '../model/report.ts';

const TIME_LIMIT_MS = 8_000;
/** Serving searches a day of the lake file by file, for LOOKUP_SECONDS (30) at most. */
const LOOK_UP_LIMIT_MS = 35_000;

type Fetch = (
  url: string,
  init: { signal: AbortSignal; headers: Record<string, string>; cache: 'no-store' },
) => Promise<Response>;

function topItemsPath(
  question: PartialOption & {
    from: number | undefined;
    to: number | undefined;
    location: string;
    limit: number;
    parts?: boolean;
    since?: number;
  },
): string {
  return path('top-items', {
    location: question.location,
    from: question.from,
    to: question.to,
    limit: question.limit,
    since: question.since,
    parts: question.parts,
    allow_partial: partialParameter(question),
  });
}

/** Where the API gives the total that a board shows, with its parts. */
export function boardPath(
  { location, limit, allowPartial }: Pick<Subject, 'location' | 'limit' | 'allowPartial'>,
  board: Board | null,
): string {
  return topItemsPath({ location, limit, from: board?.top.from, to: board?.top.to, parts: true, allowPartial });
}

/** Left out of the address unless it is set. */
function partialParameter({ allowPartial }: PartialOption): true | undefined {
  return allowPartial ? true : undefined;
}

export function exportPath(question: {
  location: string;
  from: number;
  to: number;
  format: 'parquet' | 'csv';
}): string {
  return path('export', question);
}

export function locationsPath(question: PartialOption & { from?: number; to?: number }): string {
  return path('locations', { from: question.from, to: question.to, allow_partial: partialParameter(question) });
}

function timelinePath(question: Parameters<Questions['timeline']>[0]): string {
  const { location, from, to, stepSeconds, tz, parts } = question;
  return path('timeline', {
    location,
    from,
    to,
    step: stepSeconds,
    tz,
    parts,
    allow_partial: partialParameter(question),
  });
}

function path(name: string, parameters: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) if (value !== undefined) query.set(key, String(value));
  const text = query.toString();
  return `/api/v1/${name}${text === '' ? '' : `?${text}`}`;
}

export function httpQuestions(
  clock: Clock,
  base = '',
  fetchUrl: Fetch = fetch,
  signIn: () => void = reloadPage,
): Questions & FootageQuestions {
  const ask = async <T>(address: string, limitMs = TIME_LIMIT_MS): Promise<T> => {
    const sentAt = Date.now();
    let response: Response;
    try {
      response = await fetchUrl(base + address, {
        signal: AbortSignal.timeout(limitMs),
        headers: { accept: 'application/json' },
        cache: 'no-store',
      });
    } catch (thrown) {
      throw asNoAnswer(thrown);
    }
    clock.observe(response.headers.get('date'), sentAt, Date.now());
    if (response.ok) return (await response.json().catch(rejectAsNoAnswer)) as T;
    if (response.status === 401 && response.headers.has(SIGN_IN_HEADER)) signIn();
    throw await refusal(response);
  };
  return {
    topItems: (question) => ask(topItemsPath(question)),
    timeline: (question) => ask(timelinePath(question)),
    locations: (question) => ask(locationsPath(question)),
    trust: () => ask('/api/v1/trust'),
    verdict: async (epoch) => {
      // A viewer without the role for runs gets no verdict.
      const run = await orNull<ReportedRun>(ask(runPath(epoch)), ['absent', 'forbidden']);
      return run && verdictOf(run);
    },
    detections: ({ location, from, to, limit, cursor }) =>
      ask(path('detections', { location, from, to, limit, cursor })),
    detection: (id, dt) =>
      orNull(ask(detectionPath(id, dt), dt === null ? TIME_LIMIT_MS : LOOK_UP_LIMIT_MS), ['absent']),
    runs: () => ask('/api/v1/runs'),
    report: async (epoch) => {
      const run = await orNull<RunAnswer>(ask(runPath(epoch)), ['absent']);
      return run && reportOf(run);
    },
    lake: () => ask('/api/v1/lake'),
    cameras: () => ask(camerasPath()),
    footage: ({ camera, from, to, limit }) => ask(path('footage', { camera, from, to, limit })),
    footageOfDetection: (id, dt) =>
      ask(path(`detections/${id}/footage`, { dt: dt ?? undefined }), dt === null ? TIME_LIMIT_MS : LOOK_UP_LIMIT_MS),
  };
}

export function camerasPath(): string {
  return path('footage/cameras', {});
}

export function runPath(epoch: string): string {
  return path(`runs/${encodeURIComponent(epoch)}`, {});
}

export function detectionPath(id: string, dt: string | null): string {
  return path(`detections/${id}`, { dt: dt ?? undefined });
}

async function orNull<T>(answer: Promise<T>, kinds: readonly NoAnswerKind[]): Promise<T | null> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof NoAnswer && kinds.includes(thrown.kind)) return null;
    throw thrown;
  }
}

let isLoading = false;

/** The session is over: on a reload the server sends the browser to the sign-in and back here. */
function reloadPage(): void {
  if (!isLoading) (globalThis as { location?: { reload(): void } }).location?.reload();
  isLoading = true;
}

function rejectAsNoAnswer(thrown: unknown): never {
  throw asNoAnswer(thrown);
}

const KINDS: Record<number, NoAnswerKind> = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'absent',
  502: 'down',
  503: 'down',
  504: 'down',
};

async function refusal(response: Response): Promise<NoAnswer> {
  const problem = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: string;
    request_id?: string;
    narrow?: readonly string[];
  };
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new NoAnswer(
    problem.narrow ? 'costly' : (KINDS[response.status] ?? 'refused'),
    problem.title ?? `The API answered ${response.status}`,
    {
      detail: problem.detail ?? '',
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
      requestId: problem.request_id ?? null,
    },
  );
}

/** The fields of a run's report that make its verdict. */
export interface ReportedRun {
  readonly epoch: string;
  readonly result: string;
  readonly comparison?: { readonly differences?: { readonly count?: number } };
}

export function verdictOf({ epoch, result, comparison }: ReportedRun): Verdict | null {
  if (result !== 'proved' && result !== 'repaired' && result !== 'unproven') return null;
  return { epoch, result, differences: comparison?.differences?.count ?? 0 };
}
