/**
 * The methods that the app answers on every path: reads only, because nothing can be changed over HTTP.
 *
 * door.ts calls it before Next.js, which answers some methods without the header Allow and others (TRACE) with a 500.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseRequest } from './refuse-request.ts';

const READS = ['GET', 'HEAD'];
const ALLOW = [...READS, 'OPTIONS'].join(', ');

/** Whether the method is a read; if not, the request has its answer already. */
export function admitsMethod({ method = '' }: IncomingMessage, response: ServerResponse): boolean {
  if (READS.includes(method)) return true;
  response.setHeader('allow', ALLOW);
  if (method === 'OPTIONS') response.writeHead(204).end();
  else
    refuseRequest(response, {
      title: 'Method not allowed',
      status: 405,
      detail: `This app answers ${ALLOW}; the method was ${method}`,
    });
  return false;
}
