/**
 * What a fault looks like to a caller: the members of a problem answer (RFC 9457) but for the request's id.
 *
 * The one table of titles: respond.ts answers with it, a stream sends it as an event, pages show it. The message of a
 * bug stays in the log.
 */
import type { Problem } from './answers.ts';
import { messageOf } from '../core/process/errors.ts';
import { isFault } from './faults.ts';

export function problemOf(fault: unknown): Omit<Problem, 'request_id'> {
  const type = 'about:blank';
  if (isFault('BadQuestion', fault)) {
    return { type, title: `Invalid parameter: ${fault.field}`, status: 400, detail: fault.message, field: fault.field };
  }
  if (isFault('NotFound', fault)) return { type, title: 'Not found', status: 404, detail: fault.message };
  if (isFault('Unauthenticated', fault))
    return { type, title: 'Authentication required', status: 401, detail: fault.message };
  if (isFault('Forbidden', fault)) return { type, title: fault.title, status: 403, detail: fault.message };
  if (isFault('Retryable', fault)) {
    return { type, title: `${fault.dependency} does not answer`, status: 503, detail: messageOf(fault) };
  }
  if (isFault('Refusal', fault)) {
    return { type, title: 'Not configured for serving', status: 503, detail: messageOf(fault) };
  }
  if (isFault('TooCostly', fault)) {
    const title = fault.bound === 'time' ? 'The question takes too long' : 'The question asks for too much';
    return { type, title, status: 503, detail: fault.message, narrow: [...fault.narrow] };
  }
  if (isFault('RangeNotSatisfiable', fault))
    return { type, title: 'Range not satisfiable', status: 416, detail: fault.message };
  if (isFault('ClientLeft', fault)) return { type, title: 'Client closed request', status: 499, detail: fault.message };
  if (isFault('TooManyRequests', fault))
    return { type, title: 'Too many requests', status: fault.status, detail: fault.message };
  return {
    type,
    title: 'Internal server error',
    status: 500,
    detail: 'The log has the reason under this request id.',
  };
}
