/**
 * Which answers each page is made of beside the total, what each is asked for, and how old it may become.
 *
 * board.ts asks what is due and keeps it. A part's key is what it was asked for: when the bounds of a rolling window
 * move, what belongs to them is due at once; what does not depend on them is asked again when it is old.
 */
import type {
  DetectionAnswer,
  DetectionsAnswer,
  LakeAnswer,
  LocationsAnswer,
  RunsAnswer,
  TimelineAnswer,
  TopItemsAnswer,
  TrustAnswer,
} from '../../serving/answers.ts';
import type { Shown, PageName } from './address.ts';
import type { Questions, Span, Verdict } from './questions.ts';
import type { Report } from './report.ts';
import { comparisonOf, isOver, lineBeforeOf, MINUTE_MS, spanOf, stepSecondsOf } from './bounds.ts';
import { midnightBefore } from '../../core/domain/zone.ts';

/** The part of the address that decides which numbers are asked for. */
export type Subject = Pick<Shown, 'where' | 'window' | 'fixed' | 'location' | 'limit' | 'tz' | 'dt' | 'allowPartial'>;

export interface Parts {
  timeline: TimelineAnswer;
  timelineBefore: { answer: TimelineAnswer; shiftMs: number };
  comparedItems: { now: TopItemsAnswer; before: TopItemsAnswer };
  places: LocationsAnswer;
  comparedPlaces: { now: LocationsAnswer; before: LocationsAnswer };
  /** The last complete minute, for a rate before there are two samples. */
  minute: TopItemsAnswer;
  trust: TrustAnswer;
  verdict: Verdict | null;
  /** The newest detections of a place. */
  latest: DetectionsAnswer;
  /** Where there are none in the window: the last one before it. */
  lastSeen: DetectionsAnswer;
  detection: DetectionAnswer | null;
  runs: RunsAnswer;
  report: Report | null;
  /** The report of the newest run that met conflicting copies. */
  conflicted: Report | null;
  lake: LakeAnswer;
}
export type PartName = keyof Parts;

export interface Part<T> {
  /** What it was asked for. */
  readonly key: string;
  /** The subject for which it was asked; under another one only the same question's answer may be shown. */
  readonly of: string;
  readonly at: number;
  readonly value: T;
}

export type HeldParts = { readonly [Name in PartName]?: Part<Parts[Name]> };

const FIGURES = ['timeline', 'timelineBefore', 'comparedItems', 'places', 'minute', 'trust', 'verdict'] as const;
const PARTS_OF: Record<PageName, readonly PartName[]> = {
  live: [...FIGURES, 'comparedPlaces'],
  places: ['places', 'comparedPlaces'],
  place: [...FIGURES, 'latest', 'lastSeen'],
  detection: ['detection'],
  trust: ['trust', 'verdict', 'runs', 'conflicted'],
  run: ['report', 'trust'],
  data: ['lake', 'trust', 'places'],
};

/** Detections of a place that its page shows as they come. */
export const LATEST = 20;
/** Items that are compared; a name beyond them has no known change. */
const COMPARED_ITEMS = 100;
const NEVER_AGAIN = Infinity;
const SLOW_MS = 10_000;
/** Less than the shortest refresh: due each time. */
const EACH_TIME_MS = 500;
const LOOKS_BACK_MS = 7 * 86_400_000;

interface Wanted<Name extends PartName> {
  readonly name: Name;
  readonly key: string;
  /** How old it may become while its key stays. */
  readonly everyMs: number;
  readonly ask: () => Promise<Parts[Name]>;
}
export type AnyWanted = { [Name in PartName]: Wanted<Name> }[PartName];

const keyOf = (...parts: (string | number)[]): string => parts.join('|');

/** UTC's days are the API's own. */
function daysOf({ tz }: Subject): { tz?: string } {
  return tz === 'UTC' ? {} : { tz };
}

interface Wanting {
  readonly questions: Questions;
  readonly subject: Subject;
  readonly top: TopItemsAnswer;
  readonly held: HeldParts;
  readonly now: number;
}

/**
 * Since when the total's answer counts too: midnight, where a page shows today so far. It must stand on the total's
 * moment.
 */
export function sinceOf({ where, tz }: Subject, now: number): number | undefined {
  return where.page === 'live' || where.page === 'place' ? midnightBefore(now, tz) : undefined;
}

/** Which parts a subject needs, given an answer about its total. */
export function wantedParts(
  questions: Questions,
  subject: Subject,
  top: TopItemsAnswer,
  held: HeldParts,
  now: number,
): AnyWanted[] {
  const wanting = { questions, subject, top, held, now };
  const names = PARTS_OF[subject.where.page];
  return [...figures(wanting), ...before(wanting), ...latest(wanting), ...reports(wanting)].filter(({ name }) =>
    names.includes(name),
  );
}

function figures({ questions, subject, top, held }: Wanting): AnyWanted[] {
  const { location, allowPartial } = subject;
  const asOf = top.view.speed_as_of;
  // What a part alone has answered is asked again as a whole once the whole is there.
  const whole = top.view.missing ?? 'whole';
  const span: Span = { from: top.from, to: top.to };
  const stepSeconds = stepSecondsOf(subject);
  const rests = isOver(subject, asOf);
  const minuteEnd = Math.floor(asOf / MINUTE_MS) * MINUTE_MS;
  const minute = { from: minuteEnd - MINUTE_MS, to: minuteEnd };
  const horizon = top.view.horizon ?? '';
  const verdictEvery = held.verdict?.value ? NEVER_AGAIN : 3 * SLOW_MS;
  const wanted: AnyWanted[] = [
    {
      name: 'timeline',
      key: keyOf(location, span.from, span.to, stepSeconds, subject.tz, whole),
      everyMs: rests || stepSeconds > 60 ? SLOW_MS : SLOW_MS / 2,
      ask: () => questions.timeline({ ...span, location, stepSeconds, ...daysOf(subject), parts: true, allowPartial }),
    },
    {
      name: 'places',
      key: keyOf(span.from, span.to, whole),
      everyMs: SLOW_MS,
      ask: () => questions.locations({ ...span, allowPartial }),
    },
    {
      name: 'minute',
      key: location,
      everyMs: NEVER_AGAIN,
      ask: () => questions.topItems({ ...minute, location, limit: 1 }),
    },
    {
      name: 'trust',
      key: horizon,
      everyMs: subject.where.page === 'trust' ? EACH_TIME_MS : SLOW_MS,
      ask: () => questions.trust(),
    },
  ];
  if (horizon !== '')
    wanted.push({ name: 'verdict', key: horizon, everyMs: verdictEvery, ask: () => questions.verdict(horizon) });
  return wanted;
}

function before({ questions, subject, top }: Wanting): AnyWanted[] {
  const { location } = subject;
  const wanted: AnyWanted[] = [];
  // A part is compared with nothing.
  if (top.view.missing) return wanted;
  const line = lineBeforeOf(subject, top);
  const stepSeconds = stepSecondsOf(subject);
  if (line) {
    const ask = async (): Promise<Parts['timelineBefore']> => ({
      answer: await questions.timeline({ ...line.span, location, stepSeconds, ...daysOf(subject) }),
      shiftMs: line.shiftMs,
    });
    wanted.push({
      name: 'timelineBefore',
      key: keyOf(location, line.span.from, line.span.to, stepSeconds, subject.tz),
      everyMs: NEVER_AGAIN,
      ask,
    });
  }
  const periods = comparisonOf(subject, top.view.speed_as_of);
  if (!periods) return wanted;
  const key = keyOf(periods.now.from, periods.now.to);
  const items = (of: Span): Promise<TopItemsAnswer> => questions.topItems({ ...of, location, limit: COMPARED_ITEMS });
  wanted.push(
    { name: 'comparedItems', key: keyOf(location, key), everyMs: NEVER_AGAIN, ask: async () => both(items, periods) },
    {
      name: 'comparedPlaces',
      key,
      everyMs: NEVER_AGAIN,
      ask: async () => both((of) => questions.locations(of), periods),
    },
  );
  return wanted;
}

function latest({ questions, subject, held, now }: Wanting): AnyWanted[] {
  const { location } = subject;
  const span = spanOf(subject, now);
  const key = keyOf(location, subject.fixed ? span.from : subject.window, subject.fixed ? span.to : '');
  const wanted: AnyWanted[] = [
    {
      name: 'latest',
      key,
      everyMs: EACH_TIME_MS,
      ask: () => questions.detections({ ...span, location, limit: LATEST }),
    },
  ];
  if (held.latest?.value.detections.length !== 0) return wanted;
  const earlier = { from: Math.max(0, span.from - LOOKS_BACK_MS), to: span.from };
  return [
    ...wanted,
    {
      name: 'lastSeen',
      key,
      everyMs: 3 * SLOW_MS,
      ask: () => questions.detections({ ...earlier, location, limit: 1 }),
    },
  ];
}

function reports({ questions, subject, top, held }: Wanting): AnyWanted[] {
  const { where, dt } = subject;
  const horizon = top.view.horizon ?? '';
  const wanted: AnyWanted[] = [
    { name: 'runs', key: horizon, everyMs: SLOW_MS, ask: () => questions.runs() },
    { name: 'lake', key: horizon, everyMs: SLOW_MS, ask: () => questions.lake() },
  ];
  const conflicted = held.runs?.value.runs.find(({ conflicts }) => conflicts > 0)?.epoch;
  if (conflicted)
    wanted.push({ name: 'conflicted', key: conflicted, everyMs: NEVER_AGAIN, ask: () => questions.report(conflicted) });
  if (where.page === 'detection') {
    // What was found stays so; what was not may still arrive, but a day of the lake is not searched again and again.
    const everyMs = held.detection?.value || dt ? NEVER_AGAIN : SLOW_MS / 2;
    wanted.push({
      name: 'detection',
      key: keyOf(where.id, dt ?? ''),
      everyMs,
      ask: () => questions.detection(where.id, dt),
    });
  }
  if (where.page === 'run') {
    const everyMs = held.report?.value ? NEVER_AGAIN : SLOW_MS;
    wanted.push({ name: 'report', key: where.epoch, everyMs, ask: () => questions.report(where.epoch) });
  }
  return wanted;
}

async function both<T>(
  ask: (of: Span) => Promise<T>,
  periods: { now: Span; before: Span },
): Promise<{ now: T; before: T }> {
  const [now, before] = await Promise.all([ask(periods.now), ask(periods.before)]);
  return { now, before };
}
