/**
 * What a fault looks like to a caller: the members of a problem answer (RFC 9457) but for the request's id.
 *
 * respond.ts answers with it, a stream tells it as an event. The message of a bug stays in the log.
 */
import type { Problem } from './answers.ts';
import { messageOf } from '../core/process/errors.ts';
import { isFault } from './faults.ts';

export function described(fault: unknown): Omit<Problem, 'request_id'> {
  const type = 'about:blank';
  if (isFault('BadQuestion', fault)) {
    return { type, title: `The parameter ${fault.field} is not right`, status: 400, detail: fault.message, field: fault.field };
  }
  if (isFault('NothingThere', fault)) return { type, title: 'There is nothing here', status: 404, detail: fault.message };
  if (isFault('NotAdmitted', fault)) return { type, title: 'Who asks is not known', status: 401, detail: fault.message };
  if (isFault('NotAllowed', fault)) return { type, title: fault.title, status: 403, detail: fault.message };
  if (isFault('Retryable', fault)) {
    return { type, title: `${fault.dependency} does not answer`, status: 503, detail: messageOf(fault) };
  }
  if (isFault('Refusal', fault)) {
    return { type, title: 'This system is not set up for serving', status: 503, detail: messageOf(fault) };
  }
  if (isFault('TooCostly', fault)) {
    const title = fault.bound === 'time' ? 'The question takes too long' : 'The question asks for too much';
    return { type, title, status: 503, detail: fault.message, narrow: [...fault.narrow] };
  }
  if (isFault('AskerLeft', fault)) return { type, title: 'The client has left', status: 499, detail: fault.message };
  if (isFault('TooMany', fault)) return { type, title: 'Too much is asked at once', status: fault.status, detail: fault.message };
  return {
    type,
    title: 'Something went wrong on our side',
    status: 500,
    detail: 'The log has the reason under this request id.',
  };
}
