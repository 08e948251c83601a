/**
 * The board: every answer that one picture of a page is made of, and which of them are due again.
 *
 * The feed and the server's first paint both call `readBoard`; components only look. The total is asked at every refresh, what
 * changes slowly less often, and whatever belongs to bounds that moved at once. A new choice is painted when all of it is there;
 * while a choice stays, a slow part does not hold up the total and follows one paint later. Nothing of another choice is shown.
 */
import type { TopItemsAnswer } from '../../serving/answers.ts';
import type { Shown } from './address.ts';
import type { Parts, PartName, AnyWanted } from './parts.ts';
import type { Fault, Questions } from './questions.ts';
import { spanOf } from './bounds.ts';
import { wantedParts } from './parts.ts';
import { asNoAnswer, faultOf } from './questions.ts';
import { pathOf } from './where.ts';

/** The part of the address that decides which numbers are asked for. */
export type Subject = Pick<Shown, 'where' | 'window' | 'fixed' | 'location' | 'limit' | 'tz' | 'dt' | 'allowPartial'>;

export type { PartName, Parts } from './parts.ts';

interface Part<T> {
  /** What it was asked for. */
  readonly key: string;
  /** The subject for which it was asked; under another one only the same question's answer may be shown. */
  readonly of: string;
  readonly at: number;
  readonly value: T;
}

export type HeldParts = { readonly [Name in PartName]?: Part<Parts[Name]> };

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

/** Parts that are asked for, and answers that came after the paint for which they were asked: they are in the next one. */
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
  /** The total, if it was pushed: it need not be asked for. */
  readonly pushed?: TopItemsAnswer | null;
  /** Parts that the paint does without. */
  readonly without?: readonly PartName[];
}

/** Asks what is due. Throws a NoAnswer if the total is not to be had; any other part may be missing, or one paint behind. */
export async function readBoard(reading: Reading, subject: Subject, last: Board | null): Promise<Board> {
  const { questions, now, late, pushed = null, without = [] } = reading;
  const top = pushed ?? (await questions.topItems({ ...spanOf(subject, now()), location: subject.location, limit: subject.limit, parts: true, allowPartial: subject.allowPartial }));
  const readAt = now();
  const of = subjectKey(subject);
  const held: Partial<Record<PartName, Part<unknown>>> = { ...last?.parts };
  const wanted = wantedParts(questions, subject, top, { ...last?.parts }, readAt).filter(({ name }) => !without.includes(name));
  const asked = wanted.filter((one) => isDue(one, late.arrived.get(one.name) ?? held[one.name], readAt) && late.underWay.get(one.name) !== one.key);
  const answers = Promise.all(asked.map((one) => askPart(one, of, readAt, late)));
  const isShown = last !== null && subjectKey(last.subject) === of;
  await (isShown ? Promise.race([answers, reading.patience()]) : answers);
  const parts: Partial<Record<PartName, Part<unknown>>> = {};
  for (const { name, key } of wanted) {
    const part = [late.arrived.get(name), held[name]].find((one) => one && (one.key === key || one.of === of));
    if (part) parts[name] = part;
  }
  late.arrived.clear();
  return { subject, top, readAt, isPushed: pushed !== null, parts: parts as HeldParts, faults: Object.fromEntries(late.faults) };
}

/** A part that fails stays due: it is asked again at the next refresh. */
async function askPart({ name, key, ask }: AnyWanted, of: string, at: number, { underWay, arrived, faults }: Late): Promise<void> {
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
