/**
 * The question of a stream, and its name: `all.3600.10` is the ten most counted items of all places in the last hour,
 * and `all.3600.10.1795392000000` also asks for the total since that instant.
 *
 * http/stream.ts reads names, and each event with an answer has one. Several questions share a stream, because browsers
 * allow few connections to a host. The grammar is `location.window.limit[.since]`: oids have no dot, the rest are whole
 * numbers (seconds, items, epoch milliseconds).
 */
import type { Scope } from '../../core/domain/counts.ts';
import { digitsUpTo } from '../../core/domain/digits.ts';
import { WEEK_SECONDS } from '../../core/domain/time.ts';
import { oid, OID_PATTERN } from '../../core/domain/oid.ts';

export interface StreamQuestion {
  readonly location: Scope;
  readonly windowSeconds: number;
  readonly limit: number;
  readonly since?: number | undefined;
}

export const STREAMED_WINDOW = { least: 60, greatest: WEEK_SECONDS };
export const STREAMED_LIMIT = { least: 1, greatest: 1_000 };
/** Limit of questions in one stream, because each is read while anybody watches it. */
export const MOST_STREAMED = 12;

const NAME = [
  `(?:all|${inside(OID_PATTERN)})`,
  // Two digits from 60, three to five digits, or six up to a week.
  `(?:[6-9][0-9]|[1-9][0-9]{2,4}|${digitsUpTo(String(STREAMED_WINDOW.greatest), 1)})`,
  `(?:[1-9][0-9]{0,2}|${STREAMED_LIMIT.greatest})`,
].join('[.]');
const SINCE = '(?:[.](?:0|[1-9][0-9]{0,13}))?';
/** The texts that readQuestionNames accepts, as a regular expression: names with commas between them. */
export const QUESTIONS_PATTERN = `^${NAME}${SINCE}(?:,${NAME}${SINCE}){0,${MOST_STREAMED - 1}}$`;
const QUESTIONS = new RegExp(QUESTIONS_PATTERN);

function inside(pattern: string): string {
  return pattern.slice(1, -1);
}

export function nameOfQuestion({ location, windowSeconds, limit, since }: StreamQuestion): string {
  return [location, windowSeconds, limit, ...(since === undefined ? [] : [since])].join('.');
}

/** The questions of a list of names, each once; null if the text is not such a list. */
export function readQuestionNames(text: string): StreamQuestion[] | null {
  return QUESTIONS.test(text) ? [...new Set(text.split(','))].map(questionNamed) : null;
}

function questionNamed(name: string): StreamQuestion {
  const [location = '', window, limit, since] = name.split('.');
  return {
    location: location === 'all' ? 'all' : oid(location),
    windowSeconds: Number(window),
    limit: Number(limit),
    ...(since === undefined ? {} : { since: Number(since) }),
  };
}
