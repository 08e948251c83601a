/**
 * What the server knows when a page is asked for: the board with real numbers, or why there is none.
 *
 * The page waits for stores a few seconds at most; what is not there by then the browser asks for, so a slow store
 * never leaves a viewer with an empty window.
 */
import { createHash } from 'node:crypto';
import { currentServing } from '../../serving/app/process.ts';
import type { Board } from '../model/board.ts';
import { nothingLate, readBoard } from '../model/board.ts';
import { asNoAnswer } from '../model/questions.ts';
import type { FirstPaint } from '../model/page.ts';
import type { Caller } from '../../serving/access/caller.ts';
import type { Subject } from '../model/board-answers.ts';
import { servingQuestions } from './serving-questions.ts';
import { inTime } from '../../core/process/in-time.ts';

const PATIENCE_MS = 4_000;

export async function firstPaint(subject: Subject, caller: Caller): Promise<FirstPaint> {
  const questions = servingQuestions(currentServing, caller.role);
  const reader = { mark: markOf(caller), since: Date.now() };
  try {
    // The changes of places cost as much as all the rest; the browser asks for them at once.
    const reading = {
      questions,
      now: Date.now,
      late: nothingLate(),
      patience: () => Promise.resolve(),
      without: ['comparedPlaces'] as const,
    };
    const board = await inTime<Board | null>(readBoard(reading, subject, null), PATIENCE_MS, () => null);
    return { board, fault: null, now: Date.now(), reader };
  } catch (thrown) {
    const { kind, title, detail, requestId } = asNoAnswer(thrown);
    return { board: null, fault: { kind, title, detail, requestId }, now: Date.now(), reader };
  }
}

/** Tells one reader's pages from another's, and no name. */
function markOf({ name, role }: Caller): string {
  return createHash('sha256')
    .update(JSON.stringify([name, role]))
    .digest('hex')
    .slice(0, 16);
}
