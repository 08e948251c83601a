/**
 * Deliberate bugs of stamps from the future: holding, settling and correcting, in each of those who take part
 * (mutations.ts).
 */
import type { Mutation } from './mutations.ts';

export const STAMP_MUTATIONS: readonly Mutation[] = [
  {
    bug: 'a worker passes a stamp from the future at once',
    edits: [
      {
        file: 'speed-layer/admit.ts',
        find: "    if (arrival > settled) return { batch, rest: records.slice(i), waitsFor: 'stamp' };\n",
        put: '',
      },
    ],
  },
  {
    bug: 'a run cuts at a stamp from the future',
    edits: [
      {
        file: 'batch-layer/archive/cut.ts',
        find: "if (reached > stamps.settled) stop = { at: record, endsWith: 'wait' };\n      else if",
        put: 'if',
      },
    ],
    seed: 575,
  },
  {
    bug: 'every reader settles whatever stamps it meets',
    edits: [
      {
        file: 'core/domain/stamps.ts',
        find: 'const limit = Math.max(soFar, settled, latest);',
        put: 'const limit = Math.max(soFar, settled, latest, Infinity);',
      },
    ],
  },
  {
    bug: 'a growth is settled up to a stamp that is held',
    edits: [
      {
        file: 'speed-layer/round.ts',
        find: 'latest = Math.max(latest, passage.reaches);',
        put: 'latest = Math.max(latest, passage.reaches, ...records.map(({ stamp }) => stamp));',
      },
    ],
  },
  {
    bug: 'a stamp is passed without being settled for others',
    edits: [
      {
        file: 'core/stores/control/stamp-gate.ts',
        find: '        if (isFresh || !isSettled) {',
        put: '        if (!isSettled) return { ...passage, stamps: { ...record, settled: reaches } };\n        if (isFresh || !isSettled) {',
      },
    ],
  },
  {
    bug: 'corrections are taken from before the settling',
    edits: [
      {
        file: 'core/stores/control/stamp-gate.ts',
        find: '        record = await read(partition, persist);\n      }',
        put: '        record = { ...(await read(partition, persist)), corrections: record.corrections };\n      }',
      },
    ],
  },
  {
    bug: 'a correction does not ask what readers have passed',
    edits: [
      {
        file: 'core/stores/control/stamp-gate.ts',
        find: "    if (stamp <= found.settled) return { status: 'settled', by: found };\n",
        put: '',
      },
    ],
  },
  {
    bug: 'a correction that is recorded twice is made longer',
    edits: [
      {
        file: 'core/stores/control/stamp-gate.ts',
        find: "    if (found.corrections.some((each) => each.from <= to && from <= each.to)) return { status: 'amid', by: found };\n",
        put: '',
      },
      {
        file: 'core/stores/control/stamp-gate.ts',
        find: '[...found.corrections, { from, to }]',
        put: '[...found.corrections.filter((each) => each.to < from || each.from > to), { from, to }]',
      },
    ],
  },
  {
    bug: 'a correction holds for its first record alone',
    edits: [
      { file: 'core/domain/stamps.ts', find: 'offset >= from && offset <= to', put: 'offset === from && offset <= to' },
    ],
  },
  {
    bug: 'a correction ends one record too early',
    edits: [{ file: 'core/domain/stamps.ts', find: 'offset <= to)', put: 'offset < to)' }],
  },
  {
    bug: 'arrival is carried on from a corrected record',
    edits: [
      {
        file: 'speed-layer/admit.ts',
        find: '    nextOffset = record.offset + 1;',
        put: '    nextOffset = record.offset + 1;\n    if (record.stamp > arrival) arrival = record.stamp as typeof arrival;',
      },
    ],
  },
  {
    bug: "a reader's clock decides what a record is",
    edits: [
      {
        file: 'core/stores/control/stamp-gate.ts',
        find: '        const passage = passable(soFar, records, record, latest);',
        put: '        for (const each of records) (each as { stamp: number }).stamp = Math.min(each.stamp, latest);\n        const passage = passable(soFar, records, record, latest);',
      },
    ],
  },
  {
    bug: 'a partition that is held before a stamp counts as read to the beginning of a growth',
    edits: [
      {
        file: 'speed-layer/round.ts',
        find: "  const forGrowth = waitFor('growth');",
        put: "  const forGrowth = [...waitFor('growth'), ...waitFor('stamp')];",
      },
    ],
  },
];
