/**
 * The board: all answers that one picture of a page shows, and the decision which of them are due again.
 *
 * The feed and the server's first paint call `readBoard`; components only read the result. The total is asked at every
 * refresh, slow answers less often, and answers for bounds that moved at once. A new choice is painted when all its
 * answers are there. While a choice stays, a slow answer does not delay the total and comes one paint later. Answers
 * for another choice are never shown.
 *
 * All answers of a board are of the total's `speed_as_of` or older; the card of an older one shows its time. None is
 * newer, because a part could then be greater than the whole beside it.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { AnyAnswerPlan, BoardAnswers, BoardAnswer, AnswerName, Answers, Subject } from './board-answers.ts';
import type { Fault, Questions } from './questions.ts';
import { spanOf } from './bounds.ts';
import { sinceOf, planAnswers } from './board-answers.ts';
import { asNoAnswer, faultOf } from './questions.ts';
import { pathOf } from './routes.ts';

export type { AnswerName as PartName, Answers as Parts } from './board-answers.ts';

export interface Board {
  readonly subject: Subject;
  readonly top: TopItemsAnswer;
  readonly readAt: number;
  /** The stream pushed the total; otherwise it was asked for. */
  readonly isPushed?: boolean;
  readonly answers: BoardAnswers;
  /** Why the last request for an answer failed. */
  readonly faults: { readonly [Name in AnswerName]?: Fault };
}

export function answerOf<Name extends AnswerName>(board: Board | null, name: Name): Answers[Name] | null {
  return board?.answers[name]?.value ?? null;
}

/** Whether there is an answer, which may be null. */
export function isAnswered(board: Board | null, name: AnswerName): boolean {
  return board?.answers[name] !== undefined;
}

export function faultOfAnswer(board: Board | null, name: AnswerName): Fault | null {
  return board?.faults[name] ?? null;
}

export function subjectKey({ route, window, fixed, location, limit, tz, dt, allowPartial }: Subject): string {
  return [pathOf(route), fixed ? `${fixed.from}-${fixed.to}` : window, location, limit, tz, dt, allowPartial].join('|');
}

function isDue(plan: AnyAnswerPlan, answer: BoardAnswer<unknown> | undefined, now: number): boolean {
  return answer?.key !== plan.key || now - answer.at >= plan.everyMs;
}

/** Requests under way, and answers that came too late for their paint; the next paint takes them. */
interface Pending {
  readonly underWay: Map<AnswerName, string>;
  readonly arrived: Map<AnswerName, BoardAnswer<unknown>>;
  readonly faults: Map<AnswerName, Fault>;
}

export function nothingPending(): Pending {
  return { underWay: new Map(), arrived: new Map(), faults: new Map() };
}

export interface Reading {
  readonly questions: Questions;
  readonly now: () => number;
  readonly pending: Pending;
  /** How long a paint waits for slow answers while the subject stays the same. */
  readonly patience: () => Promise<void>;
  /** The newest total from the stream, or null; then the total is asked for. */
  readonly pushed?: () => TopItemsAnswer | null;
  /** Answers that this paint leaves out. */
  readonly without?: readonly AnswerName[];
}

/** Asks what is due. Throws a NoAnswer if there is no total; any other answer may be missing or one paint old. */
export async function readBoard(reading: Reading, subject: Subject, last: Board | null): Promise<Board> {
  const { now, pending, without = [] } = reading;
  const isShown = last !== null && subjectKey(last.subject) === subjectKey(subject);
  const first = await newestTotal(reading, subject, isShown ? last.top : null);
  const readAt = now();
  const of = subjectKey(subject);
  const current: Partial<Record<AnswerName, BoardAnswer<unknown>>> = { ...last?.answers };
  takeArrived(pending, first.top.view.speed_as_of, current);
  const planned = planAnswers({
    questions: reading.questions,
    subject,
    top: first.top,
    current: { ...last?.answers },
    now: readAt,
  }).filter(({ name }) => !without.includes(name));
  // An answer that has arrived and waits for its paint is not asked for again.
  const isUnderWay = ({ name, key }: AnyAnswerPlan): boolean =>
    pending.underWay.get(name) === key || pending.arrived.get(name)?.key === key;
  const due = planned.filter((one) => isDue(one, current[one.name], readAt) && !isUnderWay(one));
  const requests = Promise.all(due.map((one) => askFor(one, of, readAt, pending)));
  await (isShown ? Promise.race([requests, reading.patience()]) : requests);
  const { top, isPushed } = await totalFor(
    reading,
    subject,
    first,
    Math.max(...[...pending.arrived.values()].map(momentOf)),
  );
  const answers: Partial<Record<AnswerName, BoardAnswer<unknown>>> = {};
  for (const { name, key } of planned) {
    const candidates = [pending.arrived.get(name), current[name]].filter(
      (one) => one !== undefined && (one.key === key || one.of === of),
    );
    // The answer on the screen stays if another process of serving, which is further behind, answers now.
    const answer =
      candidates.find((one) => momentOf(one!) <= top.view.speed_as_of) ?? (isShown ? last.answers[name] : undefined);
    if (answer) answers[name] = answer;
  }
  takeArrived(pending, top.view.speed_as_of, {});
  return {
    subject,
    top,
    readAt,
    isPushed,
    answers: answers as BoardAnswers,
    faults: Object.fromEntries(pending.faults),
  };
}

/** Takes the answers that are not newer than the total; the others wait for the next paint. */
function takeArrived(
  { arrived }: Pending,
  asOf: number,
  into: Partial<Record<AnswerName, BoardAnswer<unknown>>>,
): void {
  for (const [name, answer] of arrived) {
    if (momentOf(answer) > asOf) continue;
    into[name] = answer;
    arrived.delete(name);
  }
}

interface Total {
  readonly top: TopItemsAnswer;
  readonly isPushed: boolean;
}

/**
 * Pushed, or else asked for. `current` is the total of the same subject that is on the screen; a pushed total that is
 * older does not replace it.
 */
async function newestTotal(
  { questions, now, pushed }: Reading,
  subject: Subject,
  current: TopItemsAnswer | null,
): Promise<Total> {
  const pushedTop = pushed?.() ?? null;
  if (pushedTop) return { top: current && isBefore(pushedTop, current) ? current : pushedTop, isPushed: true };
  const since = sinceOf(subject, now());
  const { location, limit, allowPartial } = subject;
  return {
    top: await questions.topItems({
      ...spanOf(subject, now()),
      location,
      limit,
      parts: true,
      allowPartial,
      ...(since === undefined ? {} : { since }),
    }),
    isPushed: false,
  };
}

/** The total to show beside the answers: one that is not older than they are, if there is one. */
async function totalFor(reading: Reading, subject: Subject, total: Total, asOf: number): Promise<Total> {
  if (asOf <= total.top.view.speed_as_of) return total;
  const pushedTop = reading.pushed?.() ?? null;
  if (pushedTop && !isBefore(pushedTop, total.top)) return { top: pushedTop, isPushed: true };
  return total.isPushed ? total : newestTotal({ ...reading, pushed: () => null }, subject, null);
}

function isBefore(one: TopItemsAnswer, other: TopItemsAnswer): boolean {
  return one.view.speed_as_of < other.view.speed_as_of;
}

/** The `speed_as_of` of an answer; −∞ if it has none, such as a report, which never changes. */
export function momentOf({ value }: { readonly value: unknown }): number {
  if (typeof value !== 'object' || value === null) return -Infinity;
  if ('view' in value) return (value.view as View).speed_as_of;
  return Math.max(
    ...Object.values(value).map((inner: unknown) =>
      typeof inner === 'object' && inner !== null && 'view' in inner ? (inner.view as View).speed_as_of : -Infinity,
    ),
    -Infinity,
  );
}

/** An answer that fails stays due: it is asked for again at the next refresh. */
async function askFor(
  { name, key, ask }: AnyAnswerPlan,
  of: string,
  at: number,
  { underWay, arrived, faults }: Pending,
): Promise<void> {
  underWay.set(name, key);
  try {
    arrived.set(name, { key, of, at, value: await ask() });
    faults.delete(name);
  } catch (thrown) {
    // The answer on the screen stays.
    faults.set(name, faultOf(asNoAnswer(thrown)));
  } finally {
    if (underWay.get(name) === key) underWay.delete(name);
  }
}
