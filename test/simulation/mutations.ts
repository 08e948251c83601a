/**
 * Deliberate bugs, to prove that the simulation finds bugs. Each changes the source at a mutation point, a comment
 * `// mutation: NAME` (mutants.ts), and each must fail the simulation within some seeds (mutations.test.ts).
 */
import { RING_MUTATIONS } from './mutations-ring.ts';
import { STAMP_MUTATIONS } from './mutations-stamps.ts';
import type { Edit } from './mutants.ts';

export interface Mutation {
  readonly bug: string;
  readonly edits: readonly Edit[];
  /** The seed to begin with: one that shows the bug soon. */
  readonly seed?: number;
  /** Which simulation must catch it; the usual one if not said. */
  readonly simulation?: 'run-ring.ts' | 'run-hole.ts';
}

export const MUTATIONS: readonly Mutation[] = [
  {
    bug: 'progress is written before counts',
    edits: [{ at: 'progress-write', action: 'move', before: 'counts-write' }],
  },
  {
    bug: 'progress is written before first-met rows',
    edits: [{ at: 'progress-write', action: 'move', before: 'rows-write' }],
  },
  {
    bug: 'progress is written before strays are sent home',
    edits: [{ at: 'progress-write', action: 'move', before: 'strays-send' }],
  },
  {
    bug: 'the stored offset is forgotten, and a worker begins at the end of the log',
    edits: [
      {
        at: 'partition-start',
        action: 'replace',
        part: 'value',
        text: '{ ...$, ...({ nextOffset: end.high } satisfies Partial<typeof $>) }',
      },
    ],
  },
  {
    bug: 'the stored tallies are forgotten',
    edits: [
      {
        at: 'partition-start',
        action: 'replace',
        part: 'value',
        text: '{ ...$, ...({ tallies: NO_TALLIES } satisfies Partial<typeof $>) }',
      },
    ],
  },
  {
    bug: '< for <=: a replay counts the last offset of a cell again',
    edits: [{ at: 'cell-includes-offset', action: 'replace', part: { operator: '>=' }, text: '$1 > $2' }],
  },
  {
    bug: 'a cell is added to without asking whether it includes the offset',
    edits: [{ at: 'cell-includes-offset', action: 'remove' }],
  },
  {
    bug: 'strays are counted where they are found',
    edits: [{ at: 'stray-verdict', action: 'replace', part: 'value', text: "{ kind: 'detection', detection }" }],
  },
  {
    bug: 'a stray is sent home whatever its size',
    edits: [{ at: 'stray-too-large', action: 'remove' }],
    seed: 6,
  },
  {
    bug: 'copies renew',
    edits: [{ at: 'first-met-renewal', action: 'replace', part: 'condition', text: 'true' }],
  },
  {
    bug: 'deferred detections are counted by the speed layer',
    edits: [
      { at: 'counted-outcome', action: 'replace', part: 'condition', text: "$1 !== 'copy'" },
      { at: 'count-rows-of-new', action: 'replace', part: 'condition', text: "$1 !== 'copy'" },
    ],
  },
  {
    bug: 'a cut is off by one',
    edits: [{ at: 'cut-offset', action: 'replace', part: 'value', text: '$ + 1' }],
  },
  {
    bug: 'a worker that was left behind takes the row of a later record for no row',
    edits: [{ at: 'overtaken-row', action: 'replace', part: 'condition', text: 'true' }],
    seed: 20_257,
  },
  {
    bug: 'a batch reaches over more than W',
    edits: [{ at: 'batch-reach', action: 'remove' }],
    seed: 259,
  },
  {
    bug: 'a row of the very same record makes it a copy',
    edits: [{ at: 'copy-outcome', action: 'replace', part: 'condition', text: '$1 && $3' }],
  },
  {
    bug: 'a row stays in force for ever',
    edits: [{ at: 'in-force-window', action: 'replace', part: 'value', text: 'true' }],
    seed: 4,
  },
  {
    bug: 'a row that HBase did not answer for passes for absent',
    edits: [{ at: 'failed-answer', action: 'remove' }],
    seed: 31,
  },
  {
    bug: 'a row that was not written is not noticed',
    edits: [{ at: 'failed-put', action: 'remove' }],
  },
  {
    bug: 'arrival falls with a clock that steps back',
    edits: [{ at: 'arrival-rise', action: 'replace', part: { operator: '?:' }, text: '$2' }],
  },
  {
    bug: 'records that come again after a rebalance are taken again',
    edits: [{ at: 'redelivered-record', action: 'remove' }],
    seed: 20,
  },
  {
    bug: 'the counts of a revoked partition are kept',
    edits: [{ at: 'revoked-counts', action: 'remove' }],
    seed: 3,
  },
  {
    bug: "counting goes by the camera's clock instead of arrival",
    edits: [
      {
        at: 'count-epoch',
        action: 'replace',
        part: 'value',
        text: 'rows.of(epochOf(detectedAt, rules), hourOf(detectedAt))',
      },
      {
        at: 'count-rows-of-new',
        action: 'replace',
        part: { operator: '()' },
        text: 'names.add(detection, epochOf(detection.detectedAt, rules))',
      },
    ],
  },
  {
    bug: 'the epoch of the horizon is taken from neither view',
    edits: [{ at: 'view-of-epoch', action: 'replace', part: { operator: '<=' }, text: '$1 < $2' }],
    seed: 15,
  },
  {
    bug: 'epochs beyond the horizon begin one too late',
    edits: [{ at: 'first-speed-epoch', action: 'replace', part: { operator: '?:' }, text: '$1 ? $2 : $3 + 1' }],
    seed: 5,
  },
  {
    bug: 'what changed in the speed view is asked for from one offset too late',
    edits: [{ at: 'changed-since', action: 'replace', part: { operator: '()' }, text: 'moved.set($1, $2 + 1)' }],
  },
  {
    bug: 'an hour that is remembered gets no epoch that is published later',
    edits: [{ at: 'known-hour', action: 'replace', part: 'condition', text: '$1 >= 0' }],
    seed: 8,
  },
  {
    bug: 'a growth begins in each partition by itself',
    edits: [{ at: 'growth-stop', action: 'replace', part: 'value', text: 'Infinity as Instant' }],
    seed: 8,
  },
  {
    bug: 'a worker waits for its own partitions only when the topic grows',
    edits: [{ at: 'growth-unread', action: 'replace', part: 'condition', text: 'true' }],
    seed: 10,
  },
  {
    bug: 'how the topic grew is read once',
    edits: [{ at: 'settled-epoch', action: 'replace', part: 'condition', text: '$2 >= 0' }],
    seed: 4,
  },
  {
    bug: 'an epoch is decided without being settled, so that a growth may come late',
    edits: [{ at: 'epoch-settling', action: 'replace', part: 'condition', text: '$2 >= 0' }],
    seed: 569,
  },
  {
    bug: 'more partitions count from the present epoch on, whoever has settled it',
    edits: [
      {
        at: 'growth-epoch',
        action: 'replace',
        part: { operator: '+' },
        text: 'Math.max(rules.firstEpoch, epochAt(now(), rules))',
      },
    ],
    seed: 8,
  },
  {
    bug: 'an epoch is judged by the count of a later one',
    edits: [
      {
        at: 'home-partition',
        action: 'replace',
        part: 'value',
        text: 'homeOf(detection.id, partitionsAt((arrival + rules.epochSeconds * 1_000) as Instant, rules))',
      },
    ],
    seed: 4,
  },
  {
    bug: 'a stray that was sent home before the topic grew is a dead letter after it',
    edits: [{ at: 'stray-not-at-home', action: 'replace', part: 'condition', text: '$1' }],
    seed: 4,
  },
  {
    bug: 'records that wait for a growth are forgotten',
    edits: [{ at: 'held-records-first', action: 'remove' }],
    seed: 3,
  },
  {
    bug: 'the end of the log counts as read where records wait',
    edits: [{ at: 'drained-end', action: 'replace', part: { operator: '?:' }, text: '$2' }],
    seed: 3,
  },
  ...STAMP_MUTATIONS,
  ...RING_MUTATIONS,
  {
    bug: 'an answer knows only the partitions that the topic began with',
    edits: [{ at: 'answer-progress', action: 'replace', part: 'value', text: 'known' }],
    seed: 4,
  },
  {
    bug: 'an answer counts on ends of the log that it asked for after the progress',
    edits: [
      { at: 'answer-ends', action: 'remove' },
      {
        at: 'answer-progress',
        action: 'replace',
        part: 'statement',
        text: `await log.refresh();
          const progress = [...known, ...(await progressOf(known.length, recorded))];
          const history = [{ at: now(), ends: progress.map(({ nextOffset }) => nextOffset) }];`,
      },
    ],
  },
  {
    bug: 'generations share their first-met rows',
    edits: [{ at: 'first-met-family', action: 'replace', part: { operator: '?:' }, text: '$3' }],
    seed: 11,
  },
  {
    bug: 'a generation that is rebuilt begins without first-met rows',
    edits: [{ at: 'rebuilt-rows-since', action: 'replace', part: { operator: '-' }, text: '$1' }],
  },
  {
    bug: 'a generation that is rebuilt begins with first-met rows of half of its W',
    edits: [{ at: 'rebuilt-rows-since', action: 'replace', part: { operator: '-' }, text: '$1 - $2 / 2' }],
    seed: 611,
  },
  {
    bug: 'a generation that is rebuilt takes first-met rows from its last epoch alone',
    edits: [{ at: 'rebuilt-rows-epochs', action: 'replace', part: 'value', text: 'horizon' }],
  },
];
