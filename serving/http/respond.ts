/**
 * The frame of every answer: headers, request id, metrics, and what becomes of a fault.
 *
 * Handlers hand over the work, this file hands a Response to Next.js. Nothing is worked on before the gate has let the
 * caller in. A bad question is a 400 that names the field, a store that is away a 503 with Retry-After, a question that
 * costs too much a 503 that says what to narrow, anything else a 500 that keeps its message in the log and shows only
 * the request's id. Where the client has left nobody sees the answer; metrics know it by nginx's status 499.
 */
import { randomUUID } from 'node:crypto';
import type { Serving } from '../app/app.ts';
import type { Caller } from '../access/caller.ts';
import { auditRefusal, whoseFault } from '../access/refusals.ts';
import { isFault, NotAllowed } from '../faults.ts';
import { described } from '../problem.ts';

const RETRY_AFTER_SECONDS = 5;

const FIXED_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Who gets an answer: whoever is let in, operators only, or anybody (probes, signing in). */
export type Audience = 'viewers' | 'operators' | 'anybody';
export const OPERATORS: Audience = 'operators';
export const OPEN: Audience = 'anybody';

/** Answers with JSON what `work` returns. `route` is the path with its parameters' names, for metrics. */
export function respond(
  route: string,
  request: Request,
  serving: Serving,
  work: (caller: Caller) => Promise<unknown>,
  audience: Audience = 'viewers',
): Promise<Response> {
  return framed(
    route,
    request,
    serving,
    async (headers, caller) => Response.json(await work(caller), { headers }),
    audience,
  );
}

/**
 * The frame for an answer of another kind; `work` puts the headers on its response. What HEAD asks for has no body (see
 * headersOnly).
 */
export async function framed(
  route: string,
  request: Request,
  serving: Serving,
  work: (headers: Record<string, string>, caller: Caller) => Promise<Response>,
  audience: Audience = 'viewers',
): Promise<Response> {
  const startedAt = performance.now();
  const requestId = requestIdOf(request);
  const headers = { ...FIXED_HEADERS, 'x-request-id': requestId };
  let response: Response;
  let caller: Caller | null = null;
  try {
    caller = await admitted(request, serving, audience);
    response = await work(headers, caller);
  } catch (fault) {
    response = problemResponse(fault, { route, requestId, headers, serving });
    auditRefusal(serving.audit, request, {
      status: response.status,
      route,
      request_id: requestId,
      who: caller?.name || whoseFault(fault),
    });
  }
  serving.metrics.answered(route, response.status, (performance.now() - startedAt) / 1_000);
  return headersOnly(request) ? withoutBody(response) : response;
}

/**
 * Next.js answers HEAD by the handler of GET and reads no body: what stands behind one would never hear that nobody
 * takes it.
 */
async function withoutBody({ body, status, headers }: Response): Promise<Response> {
  await body?.cancel();
  return new Response(null, { status, headers });
}

/** Whether the headers of the answer are all that is asked for: then nothing is read or held for a body. */
export const headersOnly = (request: Request): boolean => request.method === 'HEAD';

const ANYBODY: Caller = { name: '', role: 'viewer' };

async function admitted(request: Request, { gate }: Serving, audience: Audience): Promise<Caller> {
  if (audience === 'anybody') return ANYBODY;
  const caller = await gate.admit(request);
  if (audience === 'operators' && caller.role !== 'operator')
    throw new NotAllowed(`${caller.name} is a viewer; runs and dead letters are for operators`, caller.name);
  return caller;
}

/** The caller's id, if it is one that a log line can hold. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

interface Circumstances {
  readonly route: string;
  readonly requestId: string;
  readonly headers: Record<string, string>;
  readonly serving: Serving;
}

function problemResponse(fault: unknown, { route, requestId, headers, serving }: Circumstances): Response {
  const problem = { ...described(fault), request_id: requestId };
  const { status } = problem;
  const retryAfter =
    isFault('TooMany', fault) || isFault('TooCostly', fault)
      ? fault.retryAfterSeconds
      : status === 503
        ? RETRY_AFTER_SECONDS
        : null;
  if (status === 500) serving.log.error({ route, request_id: requestId, err: fault }, 'a question failed');
  else if (status === 503)
    serving.log.warn({ route, request_id: requestId, because: problem.detail }, 'a question has no answer now');
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json',
      ...(isFault('NotAdmitted', fault) ? fault.headers : {}),
      ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
    },
  });
}
