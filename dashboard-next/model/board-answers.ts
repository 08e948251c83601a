/**
 * The plan of a board: which answers each page needs beside the total, what to ask for each, and how old it may become.
 *
 * board.ts asks for what is due and keeps it. The key of an answer is what it was asked for. When the bounds of a
 * rolling window move, answers with those bounds are due at once; the others are due when they are old.
 */
import type { TopItemsAnswer } from '../../serving/answers.ts';
import type { Choices, PageName } from './address.ts';
import type { Questions, Span } from './questions.ts';
import { comparisonOf, isOver, lineBeforeOf, MINUTE_MS, spanOf, stepSecondsOf } from './bounds.ts';
import { midnightBefore } from '../../core/domain/zone.ts';

/** The part of the address that decides which numbers are asked for. */
export type Subject = Pick<Choices, 'route' | 'window' | 'fixed' | 'location' | 'limit' | 'tz' | 'dt' | 'allowPartial'>;

type AnswerTo<Name extends keyof Questions> = Awaited<ReturnType<Questions[Name]>>;

export interface Answers {
  timeline: AnswerTo<'timeline'>;
  timelineBefore: { answer: AnswerTo<'timeline'>; shiftMs: number };
  comparedItems: { now: AnswerTo<'topItems'>; before: AnswerTo<'topItems'> };
  places: AnswerTo<'locations'>;
  comparedPlaces: { now: AnswerTo<'locations'>; before: AnswerTo<'locations'> };
  /** The last complete minute: the rate until there are two samples. */
  minute: AnswerTo<'topItems'>;
  trust: AnswerTo<'trust'>;
  verdict: AnswerTo<'verdict'>;
  /** The newest detections of a place. */
  latest: AnswerTo<'detections'>;
  /** The last detection before the window, if the window has none. */
  lastSeen: AnswerTo<'detections'>;
  detection: AnswerTo<'detection'>;
  runs: AnswerTo<'runs'>;
  report: AnswerTo<'report'>;
  /** The report of the newest run that found conflicting copies. */
  conflictReport: AnswerTo<'report'>;
  lake: AnswerTo<'lake'>;
  cameras: AnswerTo<'cameras'>;
}
export type AnswerName = keyof Answers;

export interface BoardAnswer<T> {
  /** What it was asked for. */
  readonly key: string;
  /** The subject for which it was asked. Another subject may show it only if the key is the same. */
  readonly of: string;
  readonly at: number;
  readonly value: T;
}

export type BoardAnswers = { readonly [Name in AnswerName]?: BoardAnswer<Answers[Name]> };

const FIGURES = ['timeline', 'timelineBefore', 'comparedItems', 'places', 'minute', 'trust', 'verdict'] as const;
const ANSWERS_OF: Record<PageName, readonly AnswerName[]> = {
  live: [...FIGURES, 'comparedPlaces'],
  places: ['places', 'comparedPlaces'],
  place: [...FIGURES, 'latest', 'lastSeen'],
  detection: ['detection'],
  cameras: ['cameras'],
  trust: ['trust', 'verdict', 'runs', 'conflictReport'],
  run: ['report', 'trust'],
  data: ['lake', 'trust', 'places'],
};

/** Detections of a place that its page shows as they come. */
export const LATEST = 20;
/** Items in a comparison; other items show no change. */
const COMPARED_ITEMS = 100;
const NEVER_AGAIN = Infinity;
const SLOW_MS = 10_000;
/** Less than the shortest refresh: due each time. */
const EACH_TIME_MS = 500;
const LOOKS_BACK_MS = 7 * 86_400_000;

interface AnswerPlan<Name extends AnswerName> {
  readonly name: Name;
  readonly key: string;
  /** How old it may become while its key stays. */
  readonly everyMs: number;
  readonly ask: () => Promise<Answers[Name]>;
}
export type AnyAnswerPlan = { [Name in AnswerName]: AnswerPlan<Name> }[AnswerName];

const keyOf = (...parts: (string | number)[]): string => parts.join('|');

/** The API's days are those of UTC unless a zone is named. */
function zoneOfDays({ tz }: Subject): { tz?: string } {
  return tz === 'UTC' ? {} : { tz };
}

interface Planning {
  readonly questions: Questions;
  readonly subject: Subject;
  readonly top: TopItemsAnswer;
  readonly current: BoardAnswers;
  readonly now: number;
}

/** Midnight, on pages that show "Today so far": the answer with the total counts that too, so that both agree. */
export function sinceOf({ route, tz }: Subject, now: number): number | undefined {
  return route.page === 'live' || route.page === 'place' ? midnightBefore(now, tz) : undefined;
}

/** The answers that a subject needs beside its total. */
export function planAnswers(planning: Planning): AnyAnswerPlan[] {
  const names = ANSWERS_OF[planning.subject.route.page];
  return [
    ...planFigures(planning),
    ...planComparisons(planning),
    ...planLatest(planning),
    ...planReports(planning),
  ].filter(({ name }) => names.includes(name));
}

function planFigures({ questions, subject, top, current }: Planning): AnyAnswerPlan[] {
  const { location, allowPartial } = subject;
  const asOf = top.view.speed_as_of;
  // When both views answer again, what one of them answered alone is asked for again.
  const whole = top.view.missing ?? 'whole';
  const span: Span = { from: top.from, to: top.to };
  const stepSeconds = stepSecondsOf(subject);
  const isFinal = isOver(subject, asOf);
  const minuteEnd = Math.floor(asOf / MINUTE_MS) * MINUTE_MS;
  const minute = { from: minuteEnd - MINUTE_MS, to: minuteEnd };
  const horizon = top.view.horizon ?? '';
  const verdictEvery = current.verdict?.value ? NEVER_AGAIN : 3 * SLOW_MS;
  const plans: AnyAnswerPlan[] = [
    {
      name: 'timeline',
      key: keyOf(location, span.from, span.to, stepSeconds, subject.tz, whole),
      everyMs: isFinal || stepSeconds > 60 ? SLOW_MS : SLOW_MS / 2,
      ask: () =>
        questions.timeline({ ...span, location, stepSeconds, ...zoneOfDays(subject), parts: true, allowPartial }),
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
      everyMs: subject.route.page === 'trust' ? EACH_TIME_MS : SLOW_MS,
      ask: () => questions.trust(),
    },
  ];
  if (horizon !== '')
    plans.push({ name: 'verdict', key: horizon, everyMs: verdictEvery, ask: () => questions.verdict(horizon) });
  return plans;
}

function planComparisons({ questions, subject, top }: Planning): AnyAnswerPlan[] {
  const { location } = subject;
  const plans: AnyAnswerPlan[] = [];
  // An answer from one view alone is not compared with the period before.
  if (top.view.missing) return plans;
  const line = lineBeforeOf(subject, top);
  const stepSeconds = stepSecondsOf(subject);
  if (line) {
    const ask = async (): Promise<Answers['timelineBefore']> => ({
      answer: await questions.timeline({ ...line.span, location, stepSeconds, ...zoneOfDays(subject) }),
      shiftMs: line.shiftMs,
    });
    plans.push({
      name: 'timelineBefore',
      key: keyOf(location, line.span.from, line.span.to, stepSeconds, subject.tz),
      everyMs: NEVER_AGAIN,
      ask,
    });
  }
  const periods = comparisonOf(subject, top.view.speed_as_of);
  if (!periods) return plans;
  const key = keyOf(periods.now.from, periods.now.to);
  const items = (of: Span): Promise<TopItemsAnswer> => questions.topItems({ ...of, location, limit: COMPARED_ITEMS });
  plans.push(
    {
      name: 'comparedItems',
      key: keyOf(location, key),
      everyMs: NEVER_AGAIN,
      ask: async () => askBoth(items, periods),
    },
    {
      name: 'comparedPlaces',
      key,
      everyMs: NEVER_AGAIN,
      ask: async () => askBoth((of) => questions.locations(of), periods),
    },
  );
  return plans;
}

function planLatest({ questions, subject, current, now }: Planning): AnyAnswerPlan[] {
  const { location } = subject;
  const span = spanOf(subject, now);
  const key = keyOf(location, subject.fixed ? span.from : subject.window, subject.fixed ? span.to : '');
  const plans: AnyAnswerPlan[] = [
    {
      name: 'latest',
      key,
      everyMs: EACH_TIME_MS,
      ask: () => questions.detections({ ...span, location, limit: LATEST }),
    },
  ];
  if (current.latest?.value.detections.length !== 0) return plans;
  const earlier = { from: Math.max(0, span.from - LOOKS_BACK_MS), to: span.from };
  return [
    ...plans,
    {
      name: 'lastSeen',
      key,
      everyMs: 3 * SLOW_MS,
      ask: () => questions.detections({ ...earlier, location, limit: 1 }),
    },
  ];
}

function planReports({ questions, subject, top, current }: Planning): AnyAnswerPlan[] {
  const { route, dt } = subject;
  const horizon = top.view.horizon ?? '';
  const plans: AnyAnswerPlan[] = [
    { name: 'runs', key: horizon, everyMs: SLOW_MS, ask: () => questions.runs() },
    { name: 'lake', key: horizon, everyMs: SLOW_MS, ask: () => questions.lake() },
    { name: 'cameras', key: '', everyMs: 3 * SLOW_MS, ask: () => questions.cameras() },
  ];
  const conflicted = current.runs?.value.runs.find(({ conflicts }) => conflicts > 0)?.epoch;
  if (conflicted)
    plans.push({
      name: 'conflictReport',
      key: conflicted,
      everyMs: NEVER_AGAIN,
      ask: () => questions.report(conflicted),
    });
  if (route.page === 'detection') {
    // A detection does not change. One that is not found may still arrive, but the lake is searched only once.
    const everyMs = current.detection?.value || dt ? NEVER_AGAIN : SLOW_MS / 2;
    plans.push({
      name: 'detection',
      key: keyOf(route.id, dt ?? ''),
      everyMs,
      ask: () => questions.detection(route.id, dt),
    });
  }
  if (route.page === 'run') {
    const everyMs = current.report?.value ? NEVER_AGAIN : SLOW_MS;
    plans.push({ name: 'report', key: route.epoch, everyMs, ask: () => questions.report(route.epoch) });
  }
  return plans;
}

async function askBoth<T>(
  ask: (of: Span) => Promise<T>,
  periods: { now: Span; before: Span },
): Promise<{ now: T; before: T }> {
  const [now, before] = await Promise.all([ask(periods.now), ask(periods.before)]);
  return { now, before };
}
