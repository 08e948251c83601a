/**
 * The names of a run's steps, and the points at which a crash may strike: one list of each.
 *
 * step-times.ts measures the steps, metrics.ts and reports name them. Every step calls `reached` at its points; tests
 * stop a run there.
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
  'horizon',
  'prune',
] as const;

export type Step = (typeof STEPS)[number];

/**
 * Points of a run that a crash may follow, in order, at least one for each step; each must leave what the next run can
 * finish or throw away.
 */
export const RUN_POINTS = [
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
  'horizon_moved',
  'pruned',
] as const;

/** Those of `batch archive`, before a run. */
export const ARCHIVE_POINTS = ['archive_staged', 'archive_prepared', 'archive_declared', 'archived_one_file'] as const;

/** Those of a rebuild, behind the runs of its epochs. */
export const SWITCH_POINTS = [
  'first_met_written',
  'recounted',
  'switch_declared',
  'rules_switched',
  'lake_retired',
  'lake_switched',
] as const;

export type Point = (typeof RUN_POINTS | typeof ARCHIVE_POINTS | typeof SWITCH_POINTS)[number];

export interface StepTimes {
  step<T>(step: Step, work: () => Promise<T>): Promise<T>;
  /** Steps so far, in order. */
  taken(): RunReport['steps'];
  /** The step that is under way, or the last one. */
  current(): Step | null;
}
