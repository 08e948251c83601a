/**
 * The limits for each kind of question, from the configuration, and the advice for a question that exceeds them.
 *
 * app.ts chooses the cost of each question; allowance.ts enforces it.
 */
import type { Config } from '../../core/process/config.ts';
import type { Cost } from './allowance.ts';

export type CostConfig = Pick<
  Config,
  | 'QUESTION_SECONDS'
  | 'QUESTION_MB'
  | 'READS_AT_ONCE'
  | 'READS_WAITING'
  | 'LOOKUP_SECONDS'
  | 'LOOKUP_MB'
  | 'LOOKUPS_AT_ONCE'
  | 'LOOKUPS_WAITING'
  | 'FOOTAGE_READS_AT_ONCE'
  | 'FOOTAGE_READS_WAITING'
>;

export interface Costs {
  readonly counts: Cost;
  readonly list: Cost;
  /** A few rows by their keys, or a report. */
  readonly row: Cost;
  /** A day of the lake. */
  readonly lookup: Cost;
  /** A page of files of footage. */
  readonly footage: Cost;
  /** Many reports; serving caches those that it has read. */
  readonly reports: Cost;
  readonly reads: { readonly atOnce: number; readonly waiting: number };
  readonly lookups: { readonly atOnce: number; readonly waiting: number };
  readonly media: { readonly atOnce: number; readonly waiting: number };
}

const MB = 2 ** 20;
const AGAIN_AFTER_SECONDS = 1;

export function costsOf(config: CostConfig): Costs {
  const question = { seconds: config.QUESTION_SECONDS, bytes: config.QUESTION_MB * MB, inMemory: true };
  return {
    counts: { ...question, advice: 'choose a shorter window, or one place', narrow: ['from', 'to', 'location'] },
    list: { ...question, advice: 'choose a later from, or another place', narrow: ['from', 'to', 'location'] },
    footage: { ...question, advice: 'choose a shorter window', narrow: ['from', 'to'] },
    row: { ...question, advice: 'try again later', narrow: [] },
    reports: {
      ...question,
      advice: 'ask again, and the next answer continues from what this one has read',
      narrow: ['limit'],
      retryAfterSeconds: AGAIN_AFTER_SECONDS,
    },
    lookup: {
      seconds: config.LOOKUP_SECONDS,
      bytes: config.LOOKUP_MB * MB,
      inMemory: false,
      advice: 'leave dt out, or read the lake itself with pandas, DuckDB or Spark (docs/data.md)',
      narrow: ['dt'],
    },
    reads: { atOnce: config.READS_AT_ONCE, waiting: config.READS_WAITING },
    lookups: { atOnce: config.LOOKUPS_AT_ONCE, waiting: config.LOOKUPS_WAITING },
    media: { atOnce: config.FOOTAGE_READS_AT_ONCE, waiting: config.FOOTAGE_READS_WAITING },
  };
}
