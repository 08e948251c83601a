/**
 * The reconciling statements of sql/, in their order, and which relation each of them makes (laws L2, L6, L7).
 *
 * reconcile.ts runs them in DuckDB bucket by bucket, spark/plan.ts hands them to Spark for the whole epoch. Each file
 * is one SELECT in the part of SQL that both engines read the same way: no table is created in it, no engine's own
 * function is called; numbers stand in braces and are filled in here. So there is one rule, and engines differ only in
 * where relations are kept.
 */
import { readFileSync } from 'node:fs';
import type { Rules } from '../../core/domain/rules.ts';
import { inForceMs } from '../../core/domain/rules.ts';
import { DAY_MS } from '../../core/domain/time.ts';

export interface Statement {
  readonly file: string;
  /**
   * The relation that it makes; those of OUTPUTS are kept, all others are needed by later statements of the same
   * bucket.
   */
  readonly makes: string;
  /** Read so few times that keeping its rows would cost more than asking again. */
  readonly isView?: boolean;
}

/** Up to the detections that are first met; `lake` is read after them, for the dates of what is deferred. */
export const DECIDE: readonly Statement[] = [
  { file: '1-rows-in-force', makes: 'last_met' },
  { file: '2-remaining', makes: 'remaining', isView: true },
  { file: '3-repeated', makes: 'repeated' },
  { file: '4-repeats', makes: 'repeats' },
  { file: '5-first-met', makes: 'first_met' },
];

export const TELL: readonly Statement[] = [
  { file: '6-deferred', makes: 'known_deferred' },
  { file: '7-met', makes: 'met' },
  { file: '8-conflicts', makes: 'conflicts' },
  { file: '9-fates', makes: 'fates' },
  { file: '10-copies', makes: 'copies' },
];

/** The relation detections, from what all buckets met. */
export const PUBLISHED: Statement = { file: '11-published', makes: 'detections', isView: true };

/** What people read, from the relation detections. */
export const DETECTIONS_FILE: Pick<Statement, 'file'> = { file: '12-detections-file' };
export const TOP_ITEMS_FILE: Pick<Statement, 'file'> = { file: '13-top-items-file' };

/** What an epoch leaves behind for its files and its report. */
export const OUTPUTS = ['detections', 'met', 'conflicts', 'fates', 'copies'] as const;

export function isOutput({ makes }: Statement): boolean {
  return (OUTPUTS as readonly string[]).includes(makes);
}

/** The statement with its numbers filled in; those of files have none. */
export function textOf({ file }: Pick<Statement, 'file'>, rules?: Rules): string {
  const values: Record<string, string> = rules
    ? { in_force_ms: String(inForceMs(rules)), window_ms: String(rules.dedupWindowDays * DAY_MS) }
    : {};
  const text = readFileSync(new URL(`${file}.sql`, import.meta.url), 'utf8');
  return text.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`sql/${file}.sql names {${key}}, which has no value`);
    return value;
  });
}
