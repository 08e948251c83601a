/**
 * Seeds that once failed, made small by `npm run simulate -- --shrink`. Each fails when the rule that it names is taken away
 * (mutations.ts, docs/decisions/0008-batches.md).
 */
import type { Failing } from './shrink.ts';

export const KEPT_SEEDS: readonly (Failing & { readonly because: string })[] = [
  {
    seed: 26,
    records: 74,
    without: ['give_up', 'clock_back', 'redelivered', 'hbase_applied_but_failed', 'hbase_repeated_later', 'kafka_unacknowledged', 'batch_crash'],
    most: 32,
    because: 'a worker that slept for longer than W ends instead of counting a copy',
  },
  {
    seed: 64,
    records: 111,
    without: ['crash', 'clock_back', 'marker', 'redelivered', 'hbase_repeated_later', 'batch_crash'],
    most: 32,
    because: 'a batch that reaches over more than W is cut, so that what an unfinished try left behind misleads nobody',
  },
];
