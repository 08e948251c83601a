/**
 * Looks ahead: while somebody asks, the stores are looked at in the background, so that an answer need not wait for
 * them.
 *
 * Between snapshot.ts and counts.ts. A round takes a new snapshot, then looks at everything that was asked lately on
 * it, and only then do answers stand on it. While a round is under way they stand on the snapshot of the round before,
 * whole and just as true: `speed_as_of` says as of when, and no answer stands on an earlier snapshot than one before
 * it. Without anybody who asks nothing is read; a snapshot that is too old, after a rest or because the stores are
 * slow, is never answered on: then the question waits for the stores, and hears if they are down.
 */
import type { Snapshot, SnapshotReader } from '../snapshot/snapshot.ts';
import type { CountQuestion } from './plan.ts';
import { isFault } from '../faults.ts';

export interface AheadOptions {
  readonly now: () => number;
  /** How old a snapshot is when the next round begins. */
  readonly freshForMs: number;
  /** How old a snapshot may be under an answer. */
  readonly answersForMs: number;
}

export interface Ahead extends SnapshotReader {
  /**
   * Tells that the question was asked. `cells` names what it reads: one of those who read the same is looked at for all
   * of them.
   */
  asked(cells: string, question: CountQuestion): void;
}

/** A question is looked at for so long after it was asked. */
const LATELY_MS = 2_000;
/** Of more the last ones: each is a range of the speed view, four times a second. */
const MOST_LOOKS = 8;

interface Round {
  readonly snapshot: Promise<Snapshot>;
  /** The same, when everything was looked at on it. */
  readonly done: Promise<Snapshot>;
}

export function lookAhead(
  snapshots: SnapshotReader,
  look: (question: CountQuestion, snapshot: Snapshot) => Promise<unknown>,
  options: AheadOptions,
): Ahead {
  const { now, freshForMs, answersForMs } = options;
  // In the order of asking, the last one last.
  const lately = new Map<string, { question: CountQuestion; askedAt: number }>();
  let stood: Snapshot | null = null;
  let round: Round | null = null;
  let timer: NodeJS.Timeout | null = null;

  const isWithin = (snapshot: Snapshot | null, ms: number): snapshot is Snapshot =>
    snapshot !== null && now() - snapshot.readAt <= ms;
  const looked = async (reading: Promise<Snapshot>, begunAt: number): Promise<Snapshot> => {
    try {
      const snapshot = await reading;
      const questions = [...lately].slice(-MOST_LOOKS);
      // A look that fails is the business of the next one who asks; one that costs too much is not tried again before
      // somebody asks.
      const looks = await Promise.allSettled(questions.map(([, { question }]) => look(question, snapshot)));
      looks.forEach(
        (one, at) => one.status === 'rejected' && isFault('TooCostly', one.reason) && lately.delete(questions[at]![0]),
      );
      return (stood = snapshot);
    } finally {
      round = null;
      planRound(begunAt);
    }
  };
  const nextRound = (): Round => {
    if (round) return round;
    const begunAt = now();
    const snapshot = snapshots.current(stood ?? undefined);
    const done = looked(snapshot, begunAt);
    // Who waits for it hears of its fault.
    done.catch(() => undefined);
    return (round = { snapshot, done });
  };
  const newerThan = async (other: Snapshot): Promise<Snapshot> => {
    const snapshot = await nextRound().done;
    return snapshot === other ? nextRound().done : snapshot;
  };
  const planRound = (begunAt: number): void => {
    for (const [cells, { askedAt }] of lately) if (now() - askedAt > LATELY_MS) lately.delete(cells);
    if (timer !== null || round !== null || lately.size === 0) return;
    timer = setTimeout(
      () => {
        timer = null;
        if (isWithin(stood, freshForMs - 1)) planRound(stood.readAt);
        else nextRound();
      },
      Math.max(1, begunAt + freshForMs - now()),
    );
    timer.unref();
  };
  return {
    asked(cells, question) {
      lately.delete(cells);
      lately.set(cells, { question, askedAt: now() });
      planRound(now());
    },
    async current(other) {
      if (other !== undefined) return stood !== other && isWithin(stood, freshForMs) ? stood : newerThan(other);
      if (isWithin(stood, freshForMs)) return stood;
      const { snapshot } = nextRound();
      // Too old to stand on: the question looks for itself, and what others asked does not hold it up.
      return isWithin(stood, answersForMs) ? stood : (stood = await snapshot);
    },
    isStillValid: (snapshot) => snapshots.isStillValid(snapshot),
    logFault: () => snapshots.logFault(),
  };
}
