/**
 * Seeds that once failed, made small by `npm run simulate -- --shrink`. Each fails when the rule that it names is taken
 * away (mutations.ts, docs/decisions/0004-speed-layer.md).
 */
import type { Failing } from './shrink.ts';

export const KEPT_SEEDS: readonly (Failing & { readonly because: string })[] = [
  {
    seed: 46,
    records: 138,
    without: [
      'clock_back',
      'marker',
      'redelivered',
      'broker_ahead',
      'reader_clock',
      'correct_crash',
      'hbase_repeated_later',
      'hbase_slow',
      'kafka_unacknowledged',
      'batch_crash',
      'rebuild',
    ],
    most: 32,
    because: 'a worker that slept for longer than W ends instead of counting a copy',
  },
  {
    seed: 181,
    records: 77,
    without: [
      'sleep',
      'clock_back',
      'marker',
      'redelivered',
      'broker_ahead',
      'reader_clock',
      'correct_crash',
      'hbase_repeated_later',
      'hbase_slow',
      'kafka_unacknowledged',
      'batch_crash',
      'rebuild',
    ],
    most: 16,
    because: 'a batch that reaches over more than W is cut, so that what an unfinished try left behind misleads nobody',
  },
];
