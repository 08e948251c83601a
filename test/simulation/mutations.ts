/**
 * Deliberate bugs, to prove that the net holds: each is an edit of the real source, made while it is loaded
 * (mutate-hooks.mjs), and each must fail the simulation within some seeds (mutations.test.ts).
 */
import { STAMP_MUTATIONS } from './mutations-stamps.ts';

export interface Edit {
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly put: string;
}

export interface Mutation {
  readonly bug: string;
  readonly edits: readonly Edit[];
  /** Where to begin, if the first seeds seldom show it. */
  readonly seed?: number;
}

const PUT_ROWS = '  await persist(() => ports.detections.put(firstMet));\n';
const PUT_COUNTS = '  await persist(() => ports.speedView.put(counts));\n';
const PUT_PROGRESS =
  '  await persist(() => ports.control.putProgress(ports.growth.rules().generation, progress, cuts));\n';

export const MUTATIONS: readonly Mutation[] = [
  {
    bug: 'progress is written before counts',
    edits: [
      { file: 'speed-layer/round.ts', find: PUT_PROGRESS, put: '' },
      { file: 'speed-layer/round.ts', find: PUT_COUNTS, put: PUT_PROGRESS + PUT_COUNTS },
    ],
  },
  {
    bug: 'progress is written before first-met rows',
    edits: [
      { file: 'speed-layer/round.ts', find: PUT_PROGRESS, put: '' },
      { file: 'speed-layer/round.ts', find: PUT_ROWS, put: PUT_PROGRESS + PUT_ROWS },
    ],
  },
  {
    bug: 'progress is written before strays are sent home',
    edits: [
      { file: 'speed-layer/round.ts', find: PUT_PROGRESS, put: '' },
      {
        file: 'speed-layer/round.ts',
        find: '  if (strays.length > 0) await persist',
        put: `${PUT_PROGRESS}  if (strays.length > 0) await persist`,
      },
    ],
  },
  {
    bug: 'the stored offset is forgotten, and a worker begins at the end of the log',
    edits: [
      {
        file: 'speed-layer/partitions.ts',
        find: '    return start;',
        put: '    return { ...start, nextOffset: end.high };',
      },
    ],
  },
  {
    bug: 'the stored tallies are forgotten',
    edits: [
      {
        file: 'speed-layer/partitions.ts',
        find: '    return start;',
        put: '    return { ...start, tallies: NO_TALLIES };',
      },
    ],
  },
  {
    bug: '< for <=: a replay counts the last offset of a cell again',
    edits: [{ file: 'speed-layer/count-writes.ts', find: 'before.upTo >= offset', put: 'before.upTo > offset' }],
  },
  {
    bug: 'a cell is added to without asking whether it includes the offset',
    edits: [{ file: 'speed-layer/count-writes.ts', find: '  if (before && before.upTo >= offset) return;\n', put: '' }],
  },
  {
    bug: 'strays are counted where they are found',
    edits: [
      {
        file: 'core/domain/verdict.ts',
        find: "  return { kind: 'stray', detection, home };",
        put: "  return { kind: 'detection', detection };",
      },
    ],
  },
  {
    bug: 'a stray is sent home whatever its size',
    edits: [
      {
        file: 'core/domain/verdict.ts',
        find: 'if (record.value!.length > GREATEST_STRAY_BYTES) {',
        put: 'if (record.value!.length > 10 * GREATEST_STRAY_BYTES) {',
      },
    ],
  },
  {
    bug: 'copies renew',
    edits: [{ file: 'speed-layer/decide.ts', find: "if (outcome !== 'copy') met.set(", put: 'met.set(' }],
  },
  {
    bug: 'deferred detections are counted by the speed layer',
    edits: [
      {
        file: 'speed-layer/decide.ts',
        find: "if (outcome === 'new') counts.add(",
        put: "if (outcome !== 'copy') counts.add(",
      },
      { file: 'speed-layer/round.ts', find: "if (outcome === 'new') yield*", put: "if (outcome !== 'copy') yield*" },
    ],
  },
  {
    bug: 'a cut is off by one',
    edits: [{ file: 'speed-layer/decide.ts', find: 'cut: record.offset,', put: 'cut: record.offset + 1,' }],
  },
  {
    bug: 'a worker that was left behind takes the row of a later record for no row',
    edits: [{ file: 'speed-layer/decide.ts', find: '  if (!isLater || ', put: '  if (!isLater || row.offset > 0 || ' }],
    seed: 20_100,
  },
  {
    bug: 'a batch reaches over more than W',
    edits: [
      {
        file: 'speed-layer/admit.ts',
        find: 'if (first && arrival - first.arrival > inForceMs(rules)) return',
        put: 'if (first && arrival < 0) return',
      },
    ],
    seed: 259,
  },
  {
    bug: 'a row of the very same record makes it a copy',
    edits: [{ file: 'core/domain/first-met.ts', find: 'row && !isSameRecord(row, record) && ', put: 'row && ' }],
  },
  {
    bug: 'a row stays in force for ever',
    edits: [
      {
        file: 'core/domain/first-met.ts',
        find: 'return Math.abs(recordArrival - rowArrival) <= inForceMs(rules);',
        put: 'return true;',
      },
    ],
  },
  {
    bug: 'a row that HBase did not answer for passes for absent',
    edits: [
      {
        file: 'core/stores/rows/answers.ts',
        find: "    if (answer.status === 'failed') throw",
        put: "    if (answer.status === 'failed' && answers.length < 0) throw",
      },
    ],
  },
  {
    bug: 'a row that was not written is not noticed',
    edits: [
      {
        file: 'core/stores/rows/hbase-rows.ts',
        find: 'if (failed !== undefined) throw',
        put: 'if (failed !== undefined && asked < 0) throw',
      },
    ],
  },
  {
    bug: 'arrival falls with a clock that steps back',
    edits: [
      {
        file: 'core/domain/arrival.ts',
        find: 'return (stamp > soFar ? stamp : soFar) as Instant;',
        put: 'return stamp as Instant;',
      },
    ],
  },
  {
    bug: 'records that come again after a rebalance are taken again',
    edits: [{ file: 'speed-layer/admit.ts', find: '    if (record.offset < nextOffset) continue;\n', put: '' }],
  },
  {
    bug: 'the counts of a revoked partition are kept',
    edits: [{ file: 'speed-layer/partitions.ts', find: '        holdings.counts.drop(partition);\n', put: '' }],
  },
  {
    bug: "counting goes by the camera's clock instead of arrival",
    edits: [
      {
        file: 'speed-layer/count-writes.ts',
        find: 'epochOf(arrival, rules)',
        put: 'epochOf(detection.detectedAt, rules)',
      },
      {
        file: 'speed-layer/round.ts',
        find: 'yield* hourRowsOf(detection, epochOf(arrival, rules));',
        put: 'yield* hourRowsOf(detection, epochOf(detection.detectedAt, rules));',
      },
    ],
  },
  {
    bug: 'the epoch of the horizon is taken from neither view',
    edits: [{ file: 'serving/counts/merge.ts', find: 'return epoch <= (horizon', put: 'return epoch < (horizon' }],
  },
  {
    bug: 'epochs beyond the horizon begin one too late',
    edits: [
      {
        file: 'serving/counts/plan.ts',
        find: 'rules.firstEpoch : horizon + 1, epochOf',
        put: 'rules.firstEpoch : horizon + 2, epochOf',
      },
    ],
  },
  {
    bug: 'what changed in the speed view is asked for from one offset too late',
    edits: [
      {
        file: 'serving/cache/speed-hours.ts',
        find: 'moved.set(partition, from)',
        put: 'moved.set(partition, from + 1)',
      },
    ],
  },
  {
    bug: 'an hour that is remembered gets no epoch that is published later',
    edits: [
      { file: 'serving/cache/batch-hours.ts', find: 'if (upTo >= horizon) continue;', put: 'if (upTo >= 0) continue;' },
    ],
  },
  {
    bug: 'a growth begins in each partition by itself',
    edits: [
      {
        file: 'speed-layer/growth.ts',
        find: 'growthAfter((arrival > openTo ? arrival : openTo) as Instant, rules) ?? (Infinity as Instant)',
        put: '(arrival > openTo ? Infinity : Infinity) as Instant',
      },
    ],
  },
  {
    bug: 'a worker waits for its own partitions only when the topic grows',
    edits: [
      { file: 'speed-layer/growth.ts', find: '      if (unread.length === 0) {', put: '      if (held.length > 0) {' },
    ],
  },
  {
    bug: 'how the topic grew is read once',
    edits: [
      {
        file: 'speed-layer/growth.ts',
        find: '      if (epoch <= settled) return rules;',
        put: '      if (settled >= 0) return rules;',
      },
    ],
  },
  {
    bug: 'an epoch is decided without being settled, so that a growth may come late',
    edits: [
      {
        file: 'core/stores/control/settled-growth.ts',
        find: '    if (found.settled >= epoch) return found;',
        put: '    if (epoch >= 0) return found;',
      },
    ],
    seed: 560,
  },
  {
    bug: 'more partitions count from the present epoch on, whoever has settled it',
    edits: [
      {
        file: 'admin/topic/grow.ts',
        find: '(Math.max(found.settled, rules.firstEpoch, epochAt(now(), rules)) + 1)',
        put: 'Math.max(rules.firstEpoch, epochAt(now(), rules))',
      },
    ],
  },
  {
    bug: 'an epoch is judged by the count of a later one',
    edits: [
      {
        file: 'core/domain/verdict.ts',
        find: 'homeOf(detection.id, partitionsAt(arrival, rules))',
        put: 'homeOf(detection.id, partitionsAt((arrival + rules.epochSeconds * 1_000) as Instant, rules))',
      },
    ],
  },
  {
    bug: 'a stray that was sent home before the topic grew is a dead letter after it',
    edits: [
      { file: 'core/domain/verdict.ts', find: ' && !wasHome(record.partition, detection, arrival, rules)', put: '' },
    ],
  },
  {
    bug: 'records that wait for a growth are forgotten',
    edits: [
      {
        file: 'speed-layer/round.ts',
        find: '  for (const [partition, held] of holdings.held) if (holdings.progress.has(partition)) byPartition.set(partition, [...held]);\n',
        put: '',
      },
    ],
  },
  {
    bug: 'the end of the log counts as read where records wait',
    edits: [
      {
        file: 'speed-layer/round.ts',
        find: 'isLast ? (drained.get(partition) ?? 0) : 0',
        put: 'drained.get(partition) ?? 0',
      },
    ],
  },
  ...STAMP_MUTATIONS,
  {
    bug: 'an answer knows only the partitions that the topic began with',
    edits: [
      {
        file: 'serving/snapshot/snapshot.ts',
        find: 'Math.max(recorded, filledOf(history[0]))',
        put: 'known.length + 0 * recorded',
      },
    ],
  },
  {
    bug: 'an answer counts on ends of the log that it asked for after the progress',
    edits: [
      { file: 'serving/snapshot/snapshot.ts', find: '    const history = await log.refresh();\n', put: '' },
      {
        file: 'serving/snapshot/snapshot.ts',
        find: '    const progress = [...known, ...(await progressOf(known.length, Math.max(recorded, filledOf(history[0]))))];\n',
        put:
          '    await log.refresh();\n    const progress = [...known, ...(await progressOf(known.length, recorded))];\n' +
          '    const history = [{ at: now(), ends: progress.map(({ nextOffset }) => nextOffset) }];\n',
      },
    ],
  },
  {
    bug: 'generations share their first-met rows',
    edits: [
      { file: 'core/layout/hbase.ts', find: 'return rules.ownFirstMet ? ', put: 'return rules.generation < 0 ? ' },
    ],
  },
  {
    bug: 'a generation that is rebuilt begins without first-met rows',
    edits: [
      {
        file: 'batch-layer/generations/first-epoch.ts',
        find: 'endOf(horizon, rules) - inForceMs(rules)',
        put: 'endOf(horizon, rules)',
      },
    ],
  },
  {
    bug: 'a generation that is rebuilt begins with first-met rows of half of its W',
    edits: [
      {
        file: 'batch-layer/generations/first-epoch.ts',
        find: 'endOf(horizon, rules) - inForceMs(rules)',
        put: 'endOf(horizon, rules) - inForceMs(rules) / 2',
      },
    ],
    seed: 606,
  },
  {
    bug: 'a generation that is rebuilt takes first-met rows from its last epoch alone',
    edits: [
      {
        file: 'batch-layer/generations/first-epoch.ts',
        find: 'Math.max(rules.firstEpoch, epochAt(inForceSince(horizon, rules), rules))',
        put: 'horizon + 0 * rules.firstEpoch',
      },
    ],
  },
];
