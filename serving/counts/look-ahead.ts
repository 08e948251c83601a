/**
 * Looks ahead: while clients ask, it reads the stores in the background, so that answers need not wait for them.
 *
 * It stands between snapshot.ts and counts.ts. A round reads a new snapshot and then the cells of all recent questions;
 * only then do answers use the snapshot. Until then they use the previous one, which is complete and just as true:
 * `speed_as_of` shows its time, and no answer uses an earlier snapshot than an answer before it. Without questions
 * nothing is read. A snapshot that is too old, after a pause or because the stores are slow, is never used: the
 * question then waits for the stores, and gets their fault if they are down.
 */
import type { Snapshot, SnapshotReader } from '../snapshot/snapshot.ts';
import type { CountQuestion } from './plan.ts';
import { isFault } from '../faults.ts';

export interface LookAheadOptions {
  readonly now: () => number;
  /** Age of the snapshot at which the next round starts. */
  readonly freshForMs: number;
  /** Greatest age of a snapshot that an answer may use. */
  readonly usableForMs: number;
}

export interface LookAhead extends SnapshotReader {
  /**
   * Records a question, so that the next rounds read its cells. `cells` is the key of these cells: one question stands
   * for all that read the same.
   */
  noteQuestion(cells: string, question: CountQuestion): void;
}

/** Rounds read the cells of a question for this long after it was asked. */
const RECENT_MS = 2_000;
/** A round reads the most recent ones only: each is a range of the speed view, four times a second. */
const MOST_READS = 8;

interface Round {
  readonly snapshot: Promise<Snapshot>;
  /** The same snapshot, once the cells of all recent questions were read on it. */
  readonly done: Promise<Snapshot>;
}

export function lookAhead(
  snapshots: SnapshotReader,
  read: (question: CountQuestion, snapshot: Snapshot) => Promise<unknown>,
  options: LookAheadOptions,
): LookAhead {
  const { now, freshForMs, usableForMs } = options;
  const recent = recentQuestions(now);
  let usable: Snapshot | null = null;
  let timer: NodeJS.Timeout | null = null;

  const isWithin = (snapshot: Snapshot | null, ms: number): snapshot is Snapshot =>
    snapshot !== null && now() - snapshot.readAt <= ms;
  const rounds = singleRound(now, {
    begin: () => snapshots.current(usable ?? undefined),
    readCells: (snapshot) => recent.readAll((question) => read(question, snapshot)),
    onRead: (snapshot) => void (usable = snapshot),
    onEnd: (startedAt) => planRound(startedAt),
  });
  const readNewer = async (other: Snapshot): Promise<Snapshot> => {
    const snapshot = await rounds.next().done;
    return snapshot === other ? rounds.next().done : snapshot;
  };
  const planRound = (startedAt: number): void => {
    const isIdle = recent.isEmpty();
    if (timer !== null || rounds.isRunning() || isIdle) return;
    timer = setTimeout(
      () => {
        timer = null;
        if (isWithin(usable, freshForMs - 1)) planRound(usable.readAt);
        else rounds.next();
      },
      Math.max(1, startedAt + freshForMs - now()),
    );
    timer.unref();
  };
  return {
    noteQuestion(cells, question) {
      recent.add(cells, question);
      planRound(now());
    },
    async current(other) {
      if (other !== undefined) return usable !== other && isWithin(usable, freshForMs) ? usable : readNewer(other);
      if (isWithin(usable, freshForMs)) return usable;
      const { snapshot, done } = rounds.next();
      if (isWithin(usable, usableForMs)) return usable;
      // The snapshot is too old, so the question reads its own cells and does not wait for those of others.
      const newer = await snapshot;
      if (isWithin(newer, usableForMs)) return (usable = newer);
      // That round began long ago and still reads cells.
      await done.catch(() => undefined);
      return (usable = await rounds.next().snapshot);
    },
    isStillValid: (snapshot) => snapshots.isStillValid(snapshot),
    isStillListed: (snapshot) => snapshots.isStillListed(snapshot),
    logFault: () => snapshots.logFault(),
  };
}

interface RoundSteps {
  begin(): Promise<Snapshot>;
  readCells(snapshot: Snapshot): Promise<void>;
  onRead(snapshot: Snapshot): void;
  /** After a fault too. */
  onEnd(startedAt: number): void;
}

/** One round at a time, shared by all who wait for it. */
function singleRound(now: () => number, steps: RoundSteps) {
  let current: Round | null = null;
  const finish = async (pending: Promise<Snapshot>, startedAt: number): Promise<Snapshot> => {
    try {
      const snapshot = await pending;
      await steps.readCells(snapshot);
      steps.onRead(snapshot);
      return snapshot;
    } finally {
      current = null;
      steps.onEnd(startedAt);
    }
  };
  return {
    isRunning: () => current !== null,
    /** The round under way, or a new one. */
    next(): Round {
      if (current) return current;
      const startedAt = now();
      const snapshot = steps.begin();
      const done = finish(snapshot, startedAt);
      // A question that waits for the round gets its fault.
      done.catch(() => undefined);
      return (current = { snapshot, done });
    },
  };
}

/** The questions of the last RECENT_MS, by the key of their cells. */
function recentQuestions(now: () => number) {
  // The most recent question is last.
  const questions = new Map<string, { question: CountQuestion; askedAt: number }>();
  return {
    add(cells: string, question: CountQuestion): void {
      questions.delete(cells);
      questions.set(cells, { question, askedAt: now() });
    },
    /** Forgets old questions first. */
    isEmpty(): boolean {
      for (const [cells, { askedAt }] of questions) if (now() - askedAt > RECENT_MS) questions.delete(cells);
      return questions.size === 0;
    },
    /**
     * Reads the cells of the most recent questions. A read that fails is left to the next question; one that costs too
     * much is not repeated before somebody asks again.
     */
    async readAll(read: (question: CountQuestion) => Promise<unknown>): Promise<void> {
      const latest = [...questions].slice(-MOST_READS);
      const reads = await Promise.allSettled(latest.map(([, { question }]) => read(question)));
      reads.forEach((one, index) => {
        if (one.status === 'rejected' && isFault('TooCostly', one.reason)) questions.delete(latest[index]![0]);
      });
    },
  };
}
