/**
 * The board: every answer that one picture of a page is made of, and which of them are due again.
 *
 * The feed and the server's first paint both call `readBoard`; components only look. The total is asked at every
 * refresh, what changes slowly less often, and whatever belongs to bounds that moved at once. A new choice is painted
 * when all of it is there; while a choice stays, a slow part does not hold up the total and follows one paint later.
 * Nothing of another choice is shown.
 *
 * One page, one moment: what is shown at once stands on the total's `speed_as_of` or on an earlier one, which its card
 * then names; never on a later one, since then a part could be more than the whole beside it.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { AnyWanted, HeldParts, Part, PartName, Parts, Subject } from './board-answers.ts';
import type { Fault, Questions } from './questions.ts';
import { spanOf } from './bounds.ts';
import { sinceOf, wantedParts } from './board-answers.ts';
import { asNoAnswer, faultOf } from './questions.ts';
import { pathOf } from './routes.ts';

export type { PartName, Parts } from './board-answers.ts';

export interface Board {
  readonly subject: Subject;
  readonly top: TopItemsAnswer;
  readonly readAt: number;
  /** The total came by push. */
  readonly isPushed?: boolean;
  readonly parts: HeldParts;
  /** Of parts that were asked for last without an answer, why. */
  readonly faults: { readonly [Name in PartName]?: Fault };
}

export function partOf<Name extends PartName>(board: Board | null, name: Name): Parts[Name] | null {
  return board?.parts[name]?.value ?? null;
}

/** Whether a part was answered, be it with null. */
export function isAnswered(board: Board | null, name: PartName): boolean {
  return board?.parts[name] !== undefined;
}

export function faultOfPart(board: Board | null, name: PartName): Fault | null {
  return board?.faults[name] ?? null;
}

export function subjectKey({ where, window, fixed, location, limit, tz, dt, allowPartial }: Subject): string {
  return [pathOf(where), fixed ? `${fixed.from}-${fixed.to}` : window, location, limit, tz, dt, allowPartial].join('|');
}

function isDue(wanted: AnyWanted, part: Part<unknown> | undefined, now: number): boolean {
  return part?.key !== wanted.key || now - part.at >= wanted.everyMs;
}

/**
 * Parts that are asked for, and answers that came after the paint for which they were asked: they are in the next one.
 */
export interface Late {
  readonly underWay: Map<PartName, string>;
  readonly arrived: Map<PartName, Part<unknown>>;
  readonly faults: Map<PartName, Fault>;
}

export function nothingLate(): Late {
  return { underWay: new Map(), arrived: new Map(), faults: new Map() };
}

export interface Reading {
  readonly questions: Questions;
  readonly now: () => number;
  readonly late: Late;
  /** How long the paint of a subject that is shown already waits for its slower parts. */
  readonly patience: () => Promise<void>;
  /** The newest total, if it was pushed: it need not be asked for. */
  readonly pushed?: () => TopItemsAnswer | null;
  /** Parts that the paint does without. */
  readonly without?: readonly PartName[];
}

/**
 * Asks what is due. Throws a NoAnswer if the total is not to be had; any other part may be missing, or one paint
 * behind.
 */
export async function readBoard(reading: Reading, subject: Subject, last: Board | null): Promise<Board> {
  const { now, late, without = [] } = reading;
  const isShown = last !== null && subjectKey(last.subject) === subjectKey(subject);
  const first = await newestTotal(reading, subject, isShown ? last.top : null);
  const readAt = now();
  const of = subjectKey(subject);
  const held: Partial<Record<PartName, Part<unknown>>> = { ...last?.parts };
  takeArrived(late, first.top.view.speed_as_of, held);
  const wanted = wantedParts(reading.questions, subject, first.top, { ...last?.parts }, readAt).filter(
    ({ name }) => !without.includes(name),
  );
  // What has arrived and waits for its moment is not asked again before it was shown.
  const isAsked = ({ name, key }: AnyWanted): boolean =>
    late.underWay.get(name) === key || late.arrived.get(name)?.key === key;
  const asked = wanted.filter((one) => isDue(one, held[one.name], readAt) && !isAsked(one));
  const answers = Promise.all(asked.map((one) => askPart(one, of, readAt, late)));
  await (isShown ? Promise.race([answers, reading.patience()]) : answers);
  const { top, isPushed } = await totalFor(
    reading,
    subject,
    first,
    Math.max(...[...late.arrived.values()].map(asOfPart)),
  );
  const parts: Partial<Record<PartName, Part<unknown>>> = {};
  for (const { name, key } of wanted) {
    const its = [late.arrived.get(name), held[name]].filter(
      (one) => one !== undefined && (one.key === key || one.of === of),
    );
    // What was shown stays, even where another process answers now that is further behind.
    const part = its.find((one) => asOfPart(one!) <= top.view.speed_as_of) ?? (isShown ? last.parts[name] : undefined);
    if (part) parts[name] = part;
  }
  takeArrived(late, top.view.speed_as_of, {});
  return { subject, top, readAt, isPushed, parts: parts as HeldParts, faults: Object.fromEntries(late.faults) };
}

/** A part that is newer than a pushed total stays for the next paint, when the total is newer too. */
function takeArrived({ arrived }: Late, asOf: number, into: Partial<Record<PartName, Part<unknown>>>): void {
  for (const [name, part] of arrived) {
    if (asOfPart(part) > asOf) continue;
    into[name] = part;
    arrived.delete(name);
  }
}

interface Total {
  readonly top: TopItemsAnswer;
  readonly isPushed: boolean;
}

/** `shown`: a total of the same subject; what was pushed before it was asked for stands behind it. */
async function newestTotal(
  { questions, now, pushed }: Reading,
  subject: Subject,
  shown: TopItemsAnswer | null,
): Promise<Total> {
  const heard = pushed?.() ?? null;
  if (heard) return { top: shown && isBefore(heard, shown) ? shown : heard, isPushed: true };
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

/** The total to show beside parts of a moment: of that moment or later, if there is such a one. */
async function totalFor(reading: Reading, subject: Subject, total: Total, asOf: number): Promise<Total> {
  if (asOf <= total.top.view.speed_as_of) return total;
  const heard = reading.pushed?.() ?? null;
  if (heard && !isBefore(heard, total.top)) return { top: heard, isPushed: true };
  return total.isPushed ? total : newestTotal({ ...reading, pushed: () => null }, subject, null);
}

function isBefore(one: TopItemsAnswer, other: TopItemsAnswer): boolean {
  return one.view.speed_as_of < other.view.speed_as_of;
}

/** As of when a part is; −∞ for what does not say, such as a report that never changes. */
export function asOfPart({ value }: { readonly value: unknown }): number {
  if (typeof value !== 'object' || value === null) return -Infinity;
  if ('view' in value) return (value.view as View).speed_as_of;
  return Math.max(
    ...Object.values(value).map((inner: unknown) =>
      typeof inner === 'object' && inner !== null && 'view' in inner ? (inner.view as View).speed_as_of : -Infinity,
    ),
    -Infinity,
  );
}

/** A part that fails stays due: it is asked again at the next refresh. */
async function askPart(
  { name, key, ask }: AnyWanted,
  of: string,
  at: number,
  { underWay, arrived, faults }: Late,
): Promise<void> {
  underWay.set(name, key);
  try {
    arrived.set(name, { key, of, at, value: await ask() });
    faults.delete(name);
  } catch (thrown) {
    // Nothing is lost: what was shown stays.
    faults.set(name, faultOf(asNoAnswer(thrown)));
  } finally {
    if (underWay.get(name) === key) underWay.delete(name);
  }
}
