/** What keeping the table works with: the part of a run's context that table.ts and its neighbours need. */
import type { BatchContext } from '../context.ts';

export type TableContext = Pick<
  BatchContext,
  'hdfs' | 'rules' | 'settings' | 'signal' | 'log' | 'lakeTable' | 'mayCrashAt'
>;
