/**
 * The SQL statements that reconcile an epoch, in their order, and the relation that each of them makes (laws L2, L6,
 * L7).
 *
 * reconcile.ts runs them in DuckDB, bucket by bucket; spark/plan.ts hands them to Spark for the whole epoch. Each file
 * is one SELECT in SQL that both engines understand alike: it creates no table and calls no function of one engine
 * alone. Numbers stand in braces and are filled in here. So both engines follow one rule, and differ only in where they
 * keep relations.
 */
import { readFileSync } from 'node:fs';
import type { Rules } from '../../core/domain/rules.ts';
import { inForceMs } from '../../core/domain/rules.ts';
import { DAY_MS } from '../../core/domain/time.ts';

export interface Statement {
  readonly file: string;
  /** The relation that it makes. Those of OUTPUTS are kept; later statements of the same bucket need the others. */
  readonly makes: string;
  /** True: the relation is read so rarely that a view costs less than a table. */
  readonly isView?: boolean;
}

/** They find the detections that are first met. After them `lake` is read, for the dates of deferred detections. */
export const FIRST_MET_STATEMENTS: readonly Statement[] = [
  { file: '01-rows-in-force', makes: 'last_met' },
  { file: '02-remaining', makes: 'remaining', isView: true },
  { file: '03-repeated', makes: 'repeated' },
  { file: '04-repeats', makes: 'repeats' },
  { file: '05-first-met', makes: 'first_met' },
];

/** They say what became of every record. */
export const OUTCOME_STATEMENTS: readonly Statement[] = [
  { file: '06-deferred', makes: 'known_deferred' },
  { file: '07-met', makes: 'met' },
  { file: '08-conflicts', makes: 'conflicts' },
  { file: '09-fates', makes: 'fates' },
  { file: '10-copies', makes: 'copies' },
];

/** Makes the relation `detections` from the first-met rows of all buckets. */
export const PUBLISHED: Statement = { file: '11-published', makes: 'detections', isView: true };

/** Make the files that people read, from the relation `detections`. */
export const DETECTIONS_FILE: Pick<Statement, 'file'> = { file: '12-detections-file' };
export const TOP_ITEMS_FILE: Pick<Statement, 'file'> = { file: '13-top-items-file' };

/** The relations from which the epoch's files and its report are made. */
export const OUTPUTS = ['detections', 'met', 'conflicts', 'fates', 'copies'] as const;

export function isOutput({ makes }: Statement): boolean {
  return (OUTPUTS as readonly string[]).includes(makes);
}

/** Returns the statement with its numbers filled in; the statements of files have none. */
export function textOf({ file }: Pick<Statement, 'file'>, rules?: Rules): string {
  const values: Record<string, string> = rules
    ? { in_force_ms: String(inForceMs(rules)), window_ms: String(rules.dedupWindowDays * DAY_MS) }
    : {};
  const text = readFileSync(new URL(`${file}.sql`, import.meta.url), 'utf8');
  return text.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`sql/${file}.sql contains {${key}}, which has no value`);
    return value;
  });
}
