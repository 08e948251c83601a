/**
 * The board: every answer that one picture of the Live page is made of, and which of them are due again.
 *
 * The feed and the server's first paint both call `readBoard`; components only look. The total is asked at every refresh, what
 * changes slowly less often, and whatever belongs to bounds that moved at once. A new choice is painted when all of it is there;
 * while a choice stays, a slow part does not hold up the total and follows one paint later. Nothing of another choice is shown.
 */
import type { LocationsAnswer, TimelineAnswer, TopItemsAnswer, TrustAnswer } from '../../serving/answers.ts';
import type { Shown } from './address.ts';
import type { Questions, Span, Verdict } from './questions.ts';
import { comparisonOf, isOver, lineBeforeOf, MINUTE_MS, spanOf, stepSecondsOf } from './bounds.ts';
import { midnightBefore } from './zones.ts';

/** The part of the address that decides which numbers are asked for. */
export type Subject = Pick<Shown, 'window' | 'fixed' | 'location' | 'limit' | 'tz'>;

export interface Parts {
  timeline: TimelineAnswer;
  timelineBefore: { answer: TimelineAnswer; shiftMs: number };
  comparedItems: { now: TopItemsAnswer; before: TopItemsAnswer };
  places: LocationsAnswer;
  comparedPlaces: { now: LocationsAnswer; before: LocationsAnswer };
  today: TopItemsAnswer;
  /** The last complete minute, for a rate before there are two samples. */
  minute: TopItemsAnswer;
  trust: TrustAnswer;
  verdict: Verdict | null;
}
export type PartName = keyof Parts;

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
  readonly parts: HeldParts;
}

export function partOf<Name extends PartName>(board: Board | null, name: Name): Parts[Name] | null {
  return board?.parts[name]?.value ?? null;
}

export function subjectKey({ window, fixed, location, limit, tz }: Subject): string {
  return [fixed ? `${fixed.from}-${fixed.to}` : window, location, limit, tz].join('|');
}

/** Items that are compared; a name beyond them has no known change. */
const COMPARED_ITEMS = 100;
const NEVER_AGAIN = Infinity;
const SLOW_MS = 10_000;

interface Wanted<Name extends PartName> {
  readonly name: Name;
  readonly key: string;
  /** How old it may become while its key stays. */
  readonly everyMs: number;
  readonly ask: () => Promise<Parts[Name]>;
}
type AnyWanted = { [Name in PartName]: Wanted<Name> }[PartName];

const keyOf = (...parts: (string | number)[]): string => parts.join('|');

/** Which parts a subject needs, given an answer about its total. */
export function wantedParts(questions: Questions, subject: Subject, top: TopItemsAnswer, held: HeldParts, now: number): AnyWanted[] {
  const { location } = subject;
  const asOf = top.view.speed_as_of;
  const span: Span = { from: top.from, to: top.to };
  const stepSeconds = stepSecondsOf(subject);
  const rests = isOver(subject, asOf);
  const midnight = midnightBefore(now, subject.tz);
  const today = { from: midnight, to: Math.floor(now / MINUTE_MS) * MINUTE_MS + MINUTE_MS };
  const minuteEnd = Math.floor(asOf / MINUTE_MS) * MINUTE_MS;
  const minute = { from: minuteEnd - MINUTE_MS, to: minuteEnd };
  const horizon = top.view.horizon ?? '';
  const verdictEvery = held.verdict?.value ? NEVER_AGAIN : 3 * SLOW_MS;
  const wanted: AnyWanted[] = [
    { name: 'timeline', key: keyOf(location, span.from, span.to, stepSeconds), everyMs: rests || stepSeconds > 60 ? SLOW_MS : SLOW_MS / 2, ask: () => questions.timeline({ ...span, location, stepSeconds, parts: true }) },
    { name: 'places', key: keyOf(span.from, span.to), everyMs: SLOW_MS, ask: () => questions.locations(span) },
    { name: 'today', key: keyOf(location, midnight), everyMs: SLOW_MS, ask: () => questions.topItems({ ...today, location, limit: 1 }) },
    { name: 'minute', key: location, everyMs: NEVER_AGAIN, ask: () => questions.topItems({ ...minute, location, limit: 1 }) },
    { name: 'trust', key: horizon, everyMs: SLOW_MS, ask: () => questions.trust() },
  ];
  if (horizon !== '') wanted.push({ name: 'verdict', key: horizon, everyMs: verdictEvery, ask: () => questions.verdict(horizon) });
  return [...wanted, ...wantedOfBefore(questions, subject, span, asOf)];
}

function wantedOfBefore(questions: Questions, subject: Subject, span: Span, asOf: number): AnyWanted[] {
  const { location } = subject;
  const wanted: AnyWanted[] = [];
  const line = lineBeforeOf(subject, span);
  const stepSeconds = stepSecondsOf(subject);
  if (line) {
    const ask = async (): Promise<Parts['timelineBefore']> => ({ answer: await questions.timeline({ ...line.span, location, stepSeconds }), shiftMs: line.shiftMs });
    wanted.push({ name: 'timelineBefore', key: keyOf(location, line.span.from, line.span.to, stepSeconds), everyMs: NEVER_AGAIN, ask });
  }
  const periods = comparisonOf(subject, asOf);
  if (!periods) return wanted;
  const key = keyOf(periods.now.from, periods.now.to);
  const items = (of: Span): Promise<TopItemsAnswer> => questions.topItems({ ...of, location, limit: COMPARED_ITEMS });
  wanted.push(
    { name: 'comparedItems', key: keyOf(location, key), everyMs: NEVER_AGAIN, ask: async () => both(items, periods) },
    { name: 'comparedPlaces', key, everyMs: NEVER_AGAIN, ask: async () => both((of) => questions.locations(of), periods) },
  );
  return wanted;
}

async function both<T>(ask: (of: Span) => Promise<T>, periods: { now: Span; before: Span }): Promise<{ now: T; before: T }> {
  const [now, before] = await Promise.all([ask(periods.now), ask(periods.before)]);
  return { now, before };
}

function isDue(wanted: AnyWanted, part: Part<unknown> | undefined, now: number): boolean {
  return part?.key !== wanted.key || now - part.at >= wanted.everyMs;
}

/** Parts that are asked for, and answers that came after the paint for which they were asked: they are in the next one. */
export interface Late {
  readonly underWay: Map<PartName, string>;
  readonly arrived: Map<PartName, Part<unknown>>;
}

export function nothingLate(): Late {
  return { underWay: new Map(), arrived: new Map() };
}

export interface Reading {
  readonly questions: Questions;
  readonly now: () => number;
  readonly late: Late;
  /** How long the paint of a subject that is shown already waits for its slower parts. */
  readonly patience: () => Promise<void>;
  /** Parts that the paint does without. */
  readonly without?: readonly PartName[];
}

/** Asks what is due. Throws a NoAnswer if the total is not to be had; any other part may be missing, or one paint behind. */
export async function readBoard(reading: Reading, subject: Subject, last: Board | null): Promise<Board> {
  const { questions, now, late, without = [] } = reading;
  const top = await questions.topItems({ ...spanOf(subject, now()), location: subject.location, limit: subject.limit, parts: true });
  const readAt = now();
  const of = subjectKey(subject);
  const held: Partial<Record<PartName, Part<unknown>>> = { ...last?.parts };
  const wanted = wantedParts(questions, subject, top, last?.parts ?? {}, readAt).filter(({ name }) => !without.includes(name));
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
  return { subject, top, readAt, parts: parts as HeldParts };
}

/** A part that fails stays due: it is asked again at the next refresh. */
async function askPart({ name, key, ask }: AnyWanted, of: string, at: number, { underWay, arrived }: Late): Promise<void> {
  underWay.set(name, key);
  try {
    arrived.set(name, { key, of, at, value: await ask() });
  } catch {
    // Nothing is lost: what was shown stays.
  } finally {
    if (underWay.get(name) === key) underWay.delete(name);
  }
}
