/**
 * Wraps every answer: access, headers, request id, metrics, and the problem answer of a fault.
 *
 * Handlers pass their work, this file returns a Response to Next.js. The work starts only after the gate has admitted
 * the caller. A bad question is a 400 that names the field; a store that does not answer is a 503 with Retry-After; a
 * question that costs too much is a 503 that names what to narrow. Every other error is a 500: the log has its message,
 * the answer only the request id. If the client has left, metrics count the status 499, as nginx does.
 */
import { randomUUID } from 'node:crypto';
import type { Serving } from '../app/app.ts';
import type { Caller, Right } from '../access/caller.ts';
import { auditRefusal, refusedCaller } from '../access/refusals.ts';
import { isFault, Forbidden } from '../faults.ts';
import { problemOf } from '../problem.ts';

const RETRY_AFTER_SECONDS = 5;

const FIXED_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Who gets an answer: admitted callers, operators only, or anybody (probes and sign-in). */
export type Audience = 'viewers' | 'operators' | 'anybody';

export interface Route {
  /** The path with the names of its parameters, for metrics. */
  readonly route: string;
  /** By default viewers. */
  readonly audience?: Audience;
  /** A right that the caller needs besides. */
  readonly right?: Right;
}

/** Answers with the JSON of what `work` returns. */
export function respondJson(
  route: Route,
  request: Request,
  serving: Serving,
  work: (caller: Caller) => Promise<unknown>,
): Promise<Response> {
  return respondWith(route, request, serving, async (headers, caller) =>
    Response.json(await work(caller), { headers }),
  );
}

/** Like `respondJson`, for any other kind of answer; `work` puts the headers on its response. HEAD gets no body. */
export async function respondWith(
  { route, audience = 'viewers', right }: Route,
  request: Request,
  serving: Serving,
  work: (headers: Record<string, string>, caller: Caller) => Promise<Response>,
): Promise<Response> {
  const startedAt = performance.now();
  const requestId = requestIdOf(request);
  const headers = { ...FIXED_HEADERS, 'x-request-id': requestId };
  let response: Response;
  let caller: Caller | null = null;
  try {
    caller = await callerOf(request, serving, audience);
    if (right) requireRight(caller, right);
    response = await work(headers, caller);
  } catch (fault) {
    response = problemResponse(fault, { route, requestId, headers, serving });
    auditRefusal(serving.audit, request, {
      status: response.status,
      route,
      request_id: requestId,
      who: caller?.name || refusedCaller(fault),
    });
  }
  serving.metrics.countAnswer(route, response.status, (performance.now() - startedAt) / 1_000);
  return headersOnly(request) ? withoutBody(response) : response;
}

/**
 * Next.js answers HEAD with the handler of GET and never reads the body, so the source of the body would wait for ever.
 */
async function withoutBody({ body, status, headers }: Response): Promise<Response> {
  await body?.cancel();
  return new Response(null, { status, headers });
}

/** Whether the request needs only headers; the handler then reads nothing for a body. */
export const headersOnly = (request: Request): boolean => request.method === 'HEAD';

const ANYBODY: Caller = { name: '', role: 'viewer' };

async function callerOf(request: Request, { gate }: Serving, audience: Audience): Promise<Caller> {
  if (audience === 'anybody') return ANYBODY;
  const caller = await gate.admit(request);
  if (audience === 'operators' && caller.role !== 'operator')
    throw new Forbidden(`${caller.name} is a viewer; only operators may see runs and dead letters`, caller.name);
  return caller;
}

/** Which settings give a right. */
const SETTINGS_OF: Readonly<Record<Right, string>> = { footage: 'AUTH_FOOTAGE, OIDC_FOOTAGE_GROUPS' };

function requireRight({ name, rights = [] }: Caller, right: Right): void {
  if (rights.includes(right)) return;
  const message =
    `${name} has no right to see ${right}; ` + `somebody who sets up the app can give it (${SETTINGS_OF[right]})`;
  throw new Forbidden(message, name, 'Another right is needed');
}

/** The request id of the caller, if it is safe to log. */
function requestIdOf(request: Request): string {
  const fromHeader = request.headers.get('x-request-id');
  return fromHeader !== null && /^[\w.:-]{1,100}$/.test(fromHeader) ? fromHeader : randomUUID();
}

interface Circumstances {
  readonly route: string;
  readonly requestId: string;
  readonly headers: Record<string, string>;
  readonly serving: Serving;
}

function problemResponse(fault: unknown, { route, requestId, headers, serving }: Circumstances): Response {
  const problem = { ...problemOf(fault), request_id: requestId };
  const { status } = problem;
  const retryAfter =
    isFault('TooManyRequests', fault) || isFault('TooCostly', fault)
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
      ...(isFault('Unauthenticated', fault) || isFault('RangeNotSatisfiable', fault) ? fault.headers : {}),
      ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
    },
  });
}
