/**
 * What a fault of HDFS asks of us: try again, or tell a person.
 *
 * hdfs.ts hands every fault through here. The package keeps only the message of a remote exception, so messages are what there
 * is to judge by; what is not known to pass stays an ordinary error, which ends the run.
 */
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';

const PASSING_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'ESOCKETTIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH',
  'ENOTFOUND', 'EAI_AGAIN',
]);
const PASSING_MESSAGES =
  /safe mode|standby|could only be (?:replicated|written) to|Failed to find datanode|no datanode|Unexpected redirect|Unknown error|socket hang up|lease|being created|Connection refused/i;

export function hdfsFault(url: string, thrown: unknown): Error {
  if (thrown instanceof Retryable || thrown instanceof Refusal) return thrown;
  const message = messageOf(thrown).split('\n\tat ')[0]!.trim();
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (PASSING_CODES.has(code) || PASSING_MESSAGES.test(message)) {
    return new Retryable('HDFS', `HDFS at ${url}: ${message}`, thrown);
  }
  if (/permission denied/i.test(message)) {
    return new Refusal(EXIT.usage, `HDFS at ${url}: ${message}. HADOOP_USER must be allowed to write below SIGHTLINE_ROOT`, thrown);
  }
  return new Error(`HDFS at ${url}: ${message}`, { cause: thrown });
}

/** Whether HDFS said that there is nothing at the path. */
export function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && /does not exist/i.test(thrown.message);
}
