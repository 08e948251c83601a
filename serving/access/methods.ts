/**
 * The methods that the app answers, in every place of it: everything here is read, nothing is changed.
 *
 * door.ts asks before Next.js sees a request, which answers some methods without the header Allow and ends with a 500
 * at others (TRACE).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { turnAway } from './refuse-request.ts';

const READS = ['GET', 'HEAD'];
const ALLOW = [...READS, 'OPTIONS'].join(', ');

/** Whether the request reads; if not, it is answered. */
export function admitsMethod({ method = '' }: IncomingMessage, response: ServerResponse): boolean {
  if (READS.includes(method)) return true;
  response.setHeader('allow', ALLOW);
  if (method === 'OPTIONS') response.writeHead(204).end();
  else
    turnAway(response, {
      title: 'Method not allowed',
      status: 405,
      detail: `This app answers ${ALLOW}, and not ${method}`,
    });
  return false;
}
