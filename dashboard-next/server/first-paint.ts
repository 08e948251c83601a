/**
 * The first paint: when a page is asked for, the server reads its board, or the reason why there is none.
 *
 * The server waits four seconds for the stores. The browser asks for whatever is missing then, so a slow store never
 * leaves a viewer with an empty window.
 */
import { createHash } from 'node:crypto';
import { currentServing } from '../../serving/app/process.ts';
import type { Board } from '../model/board.ts';
import { nothingPending, readBoard } from '../model/board.ts';
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
    // The comparison of places costs as much as all other answers; the browser asks for it at once.
    const reading = {
      questions,
      now: Date.now,
      pending: nothingPending(),
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

/** Tells the pages of one reader from those of another, without the name. */
function markOf({ name, role }: Caller): string {
  return createHash('sha256')
    .update(JSON.stringify([name, role]))
    .digest('hex')
    .slice(0, 16);
}
