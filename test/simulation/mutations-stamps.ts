/**
 * Deliberate bugs of stamps from the future: holding, settling and correcting, in each of those who take part
 * (mutations.ts).
 */
import type { Mutation } from './mutations.ts';

export const STAMP_MUTATIONS: readonly Mutation[] = [
  {
    bug: 'a worker passes a stamp from the future at once',
    edits: [{ at: 'stamp-hold', action: 'remove' }],
    seed: 3,
  },
  {
    bug: 'a run cuts at a stamp from the future',
    edits: [{ at: 'cut-hold', action: 'replace', part: 'condition', text: 'false as boolean' }],
    seed: 2_067,
  },
  {
    bug: 'every reader settles whatever stamps it meets',
    edits: [{ at: 'settled-limit', action: 'replace', part: 'value', text: 'Infinity' }],
    seed: 3,
  },
  {
    bug: 'a growth is settled up to a stamp that is held',
    edits: [
      {
        at: 'settled-growth-reach',
        action: 'replace',
        part: 'value',
        text: 'Math.max($, ...records.map(({ stamp }) => stamp))',
      },
    ],
    seed: 9,
  },
  {
    bug: 'a stamp is passed without being settled for others',
    edits: [
      {
        at: 'stamp-settling',
        action: 'insert',
        side: 'before',
        text: 'if (!isSettled) return { ...passage, stamps: { ...record, ...({ settled: reaches } satisfies Partial<Stamps>) } };',
      },
    ],
    seed: 2,
  },
  {
    bug: 'corrections are taken from before the settling',
    edits: [
      {
        at: 'stamps-read-again',
        action: 'replace',
        part: 'value',
        text: '{ ...$, corrections: record.corrections }',
      },
    ],
    seed: 4,
  },
  {
    bug: 'a correction does not ask what readers have passed',
    edits: [{ at: 'correction-settled', action: 'remove' }],
    seed: 4,
  },
  {
    bug: 'a correction that is recorded twice is made longer',
    edits: [
      { at: 'correction-overlap', action: 'remove' },
      {
        at: 'correction-record',
        action: 'replace',
        part: 'value',
        text: '[...$.filter((each) => each.to < from || each.from > to), { from, to }]',
      },
    ],
    seed: 9,
  },
  {
    bug: 'a correction holds for its first record alone',
    edits: [{ at: 'corrected-offsets', action: 'replace', part: { operator: '>=' }, text: '$1 === $2' }],
    seed: 2,
  },
  {
    bug: 'a correction ends one record too early',
    edits: [{ at: 'corrected-offsets', action: 'replace', part: { operator: '<=' }, text: '$1 < $2' }],
    seed: 2,
  },
  {
    bug: 'arrival is carried on from a corrected record',
    edits: [
      {
        at: 'admitted-offset',
        action: 'insert',
        side: 'after',
        text: 'if (record.stamp > arrival) arrival = record.stamp as typeof arrival;',
      },
    ],
    seed: 2,
  },
  {
    bug: "a reader's clock decides what a record is",
    edits: [
      {
        at: 'stamp-passage',
        action: 'insert',
        side: 'before',
        text: 'for (const each of records) (each as { stamp: number }).stamp = Math.min(each.stamp, latest);',
      },
    ],
    seed: 2,
  },
  {
    bug: 'a partition that is held before a stamp counts as read to the beginning of a growth',
    edits: [{ at: 'growth-waits', action: 'replace', part: 'value', text: "[...$, ...waitFor('stamp')]" }],
    seed: 3,
  },
];
