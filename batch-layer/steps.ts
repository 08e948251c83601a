/**
 * The steps of a run, and the points at which it may crash: one list of each.
 *
 * step-times.ts measures the steps, metrics.ts and reports name them. A step calls `mayCrashAt` of its context at each
 * of its points; tests stop a run there.
 */
import type { RunReport } from '../core/stores/lake/runs.ts';

export const STEPS = [
  'archive',
  'forward',
  'reconcile',
  'stage',
  'intent',
  'publish',
  'view',
  'hash',
  'compare',
  'report',
  'table',
  'horizon',
  'prune',
] as const;

export type Step = (typeof STEPS)[number];

/** The points after which a process may crash, in order. The next process finishes or throws away what is left. */
export const CRASH_POINTS = {
  /** A run: at least one point for each step. */
  run: [
    'locked',
    'archived',
    'forwarded',
    'reconciled',
    'staged_one_file',
    'staged',
    'intent_prepared',
    'intended',
    'published_one_file',
    'published',
    'view_half_written',
    'view_written',
    'hashed',
    'compared',
    'reported',
    'table_prepared',
    'table_kept',
    'horizon_moved',
    'pruned',
  ],
  /** `batch archive`, before a run. */
  archive: ['archive_staged', 'archive_prepared', 'archive_declared', 'archived_one_file'],
  /** Compacting and forgetting. */
  change: [
    'change_staged_one_file',
    'change_prepared',
    'change_declared',
    'change_announced',
    'change_work_done',
    'change_recounted',
    'change_table_prepared',
    'change_put_away',
    'change_put_in_place',
    'change_table_done',
    'change_manifest',
    'change_done',
  ],
  /** A forgetting that takes counts: between cells. */
  recount: ['change_recounted_some'],
  /** A rebuild, after the runs of its epochs. */
  rebuild: ['first_met_written', 'recounted', 'switch_declared', 'rules_switched', 'lake_retired', 'lake_switched'],
} as const;

export type CrashPoint = (typeof CRASH_POINTS)[keyof typeof CRASH_POINTS][number];

export interface StepTimes {
  measure<T>(step: Step, work: () => Promise<T>): Promise<T>;
  /** The steps that have ended, in order. */
  all(): RunReport['steps'];
  /** The step that is under way, or the last one. */
  current(): Step | null;
}
