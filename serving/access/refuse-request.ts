/** Answers a request that door.ts refuses: a problem (RFC 9457), like those of the API. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Problem } from '../answers.ts';

export function refuseRequest(response: ServerResponse, problem: Pick<Problem, 'title' | 'status' | 'detail'>): void {
  const request_id = randomUUID();
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': request_id,
  });
  response.end(JSON.stringify({ type: 'about:blank', ...problem, request_id } satisfies Problem));
}
