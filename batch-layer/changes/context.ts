/** What a change of the lake works with: the part of a run's context that change.ts and work.ts need. */
import type { BatchContext } from '../context.ts';

export type ChangeContext = Pick<
  BatchContext,
  | 'hdfs'
  | 'rules'
  | 'signal'
  | 'mayCrashAt'
  | 'settings'
  | 'log'
  | 'control'
  | 'progressLine'
  | 'forgottenRows'
  | 'lakeTable'
>;
