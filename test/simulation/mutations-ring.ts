/**
 * Deliberate bugs of counting and answering without a quorum, which the simulation of the ring must catch
 * (mutations.ts).
 */
import type { Edit } from './mutants.ts';
import type { Mutation } from './mutations.ts';

/**
 * The announcement and the span say of most counts what the mark in the row says too. A bug of theirs that the mark
 * would hide is tried without the mark, as rows are that an earlier program writes.
 */
const WITHOUT_MARK: Edit = { at: 'doubt-marked', action: 'replace', part: 'condition', text: 'true' };

/** Caught where an answer meets a count whose doubt nothing but its row tells (ring-hole.ts). */
const HOLE_MUTATIONS: readonly Mutation[] = [
  {
    bug: 'a doubtful count has no mark in its row',
    edits: [WITHOUT_MARK],
  },
  {
    bug: 'an answer does not say that a row of it has the mark',
    edits: [{ at: 'row-doubt-told', action: 'replace', part: 'value', text: 'null' }],
  },
].map((mutation) => ({ ...mutation, simulation: 'run-hole.ts' }) as const) as readonly Mutation[];

const RANDOM_MUTATIONS: readonly Mutation[] = [
  {
    bug: 'a look-up at one replica does not say so',
    edits: [{ at: 'weak-answer', action: 'remove' }],
  },
  {
    bug: 'a round that one replica answered is in no doubt',
    edits: [{ at: 'doubt-begins', action: 'replace', part: 'condition', text: 'true' }],
  },
  {
    bug: 'a span that a quorum has not read again counts as read again',
    edits: [{ at: 'doubt-ends', action: 'replace', part: 'condition', text: '$2' }, WITHOUT_MARK],
    seed: 8_230,
  },
  {
    bug: 'a span is read again from its end',
    edits: [
      {
        at: 'doubt-begins-again',
        action: 'insert',
        side: 'before',
        text: "if (last?.state === 'open') return { ...progress, doubts: [...doubts.slice(0, -1), { ...last, state: 'rereading' }] };",
      },
    ],
  },
  {
    bug: 'an answer that one replica gave says nothing of it',
    edits: [{ at: 'weak-reads-told', action: 'replace', part: 'value', text: 'true' }],
  },
  {
    bug: 'a worker that dies amid a doubtful round leaves no word',
    edits: [{ at: 'doubt-announced', action: 'remove' }, WITHOUT_MARK],
    seed: 3_021,
  },
  {
    bug: 'nobody reads the word that a dead worker left',
    edits: [{ at: 'announced-doubt', action: 'replace', part: 'condition', text: 'true' }, WITHOUT_MARK],
    seed: 5_484,
  },
  {
    bug: 'a span of doubt names the minutes of its detections only, while cells hold whole hours',
    edits: [{ at: 'doubt-hours', action: 'remove' }, WITHOUT_MARK],
    seed: 1_614,
  },
  {
    bug: 'a quorum that reads a cell of one replica does not give it to the other one',
    edits: [{ at: 'read-repair', action: 'remove' }],
    seed: 3_461,
  },
].map((mutation) => ({ ...mutation, simulation: 'run-ring.ts' }) as const) as readonly Mutation[];

export const RING_MUTATIONS: readonly Mutation[] = [...RANDOM_MUTATIONS, ...HOLE_MUTATIONS];
