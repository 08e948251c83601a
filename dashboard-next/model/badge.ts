/**
 * The freshness badge: one word, one shape and one number that say whether to trust what is on the screen.
 *
 * live-state.ts collects the signals from the feed, usePage.ts asks `conditionOf` at each paint. Freshness gets worse
 * at once and better only after three good answers, so that the badge does not flicker at a limit. A reason why no
 * numbers come has priority over the age of the numbers. Pausing changes the badge alone; the notice bar still warns.
 */
import type { View } from '../../serving/answers.ts';
import type { NoAnswer } from './questions.ts';
import { onlyText } from './partial-answer.ts';
import { ago, clockSeconds } from '../text/times.ts';

const LATE_MS = 3_000;
const STALE_MS = 60_000;
const QUIET_MS = 30_000;
const BETTER_AFTER = 3;
const SILENT_MS = 10_000;

const LEVELS = ['live', 'late', 'stale'] as const;
type Level = (typeof LEVELS)[number];

export interface Freshness {
  readonly level: Level;
  /** Answers in a row that were better than the level. */
  readonly better: number;
}

export const FRESH: Freshness = { level: 'live', better: 0 };

export function levelOf(freshnessMs: number): Level {
  return freshnessMs < LATE_MS ? 'live' : freshnessMs < STALE_MS ? 'late' : 'stale';
}

export function nextFreshness(before: Freshness, freshnessMs: number): Freshness {
  const seen = levelOf(freshnessMs);
  if (LEVELS.indexOf(seen) >= LEVELS.indexOf(before.level)) return { level: seen, better: 0 };
  return before.better + 1 >= BETTER_AFTER
    ? { level: seen, better: 0 }
    : { level: before.level, better: before.better + 1 };
}

export interface Signals {
  /** By the server's clock, as all times here. */
  readonly now: number;
  readonly answeredAt: number | null;
  readonly view: View | null;
  readonly freshness: Freshness;
  /** Since when requests fail, and why; null while answers come. */
  readonly outage: {
    readonly since: number;
    readonly fault: Pick<NoAnswer, 'kind' | 'title'>;
    readonly retryAt: number | null;
  } | null;
  /** Milliseconds between two paints. */
  readonly refreshMs: number;
  readonly pausedAt: number | null;
  /** When the total last grew; null if unknown, or if the window is in the past. */
  readonly grewAt: number | null;
  /** The viewer accepts an answer from one view alone. */
  readonly allowsPartial: boolean;
}

export type State =
  'connecting' | 'live' | 'late' | 'stale' | 'quiet' | 'paused' | 'offline' | 'down' | 'costly' | 'partial';

/** The state of the numbers, whether or not the page is paused. */
export function conditionOf(signals: Signals): Exclude<State, 'paused'> {
  const { now, outage, view, freshness } = signals;
  const silentMs = now - (signals.answeredAt ?? outage?.since ?? now);
  const isDown = outage !== null && outage.fault.kind !== 'offline';
  if (outage && !isDown && silentMs >= Math.max(SILENT_MS, 2 * signals.refreshMs)) return 'offline';
  if (outage?.fault.kind === 'costly') return 'costly';
  if (isDown) return 'down';
  if (!view) return 'connecting';
  if (view.missing) return 'partial';
  if (freshness.level !== 'live') return freshness.level;
  return quietMs(signals) >= QUIET_MS ? 'quiet' : 'live';
}

function quietMs({ grewAt, view }: Pick<Signals, 'grewAt' | 'view'>): number {
  return grewAt === null || !view ? 0 : view.speed_as_of - grewAt;
}

export type Tone = 'good' | 'warn' | 'bad' | 'calm';
type Shape = 'disc' | 'diamond' | 'square' | 'ring';

export interface Badge {
  readonly state: State;
  readonly tone: Tone;
  readonly shape: Shape;
  readonly word: string;
  readonly number: string;
}

const LOOKS: Record<State, { tone: Tone; shape: Shape; word: string }> = {
  connecting: { tone: 'calm', shape: 'ring', word: 'Connecting' },
  live: { tone: 'good', shape: 'disc', word: 'Live' },
  late: { tone: 'warn', shape: 'diamond', word: 'Late' },
  stale: { tone: 'bad', shape: 'square', word: 'Stale' },
  quiet: { tone: 'calm', shape: 'ring', word: 'Quiet' },
  paused: { tone: 'calm', shape: 'ring', word: 'Paused' },
  offline: { tone: 'calm', shape: 'ring', word: 'Offline' },
  down: { tone: 'bad', shape: 'square', word: 'Down' },
  costly: { tone: 'warn', shape: 'diamond', word: 'Too much' },
  partial: { tone: 'warn', shape: 'diamond', word: 'Partial' },
};

export function badgeOf(signals: Signals, zone: string): Badge {
  const state = signals.pausedAt === null ? conditionOf(signals) : 'paused';
  return { state, ...LOOKS[state], number: numberOf(state, signals, zone) };
}

function numberOf(state: State, signals: Signals, zone: string): string {
  const behindMs = signals.view?.freshness_ms ?? 0;
  const lastAnswer = signals.answeredAt === null ? '' : clockSeconds(signals.answeredAt, zone);
  switch (state) {
    case 'connecting':
      return '';
    case 'live':
      return `${ago(Math.min(behindMs, LATE_MS - 1), true)} behind`;
    case 'late':
    case 'stale':
      return `${ago(behindMs)} behind`;
    case 'quiet':
      return ago(quietMs(signals));
    case 'paused':
      return `at ${clockSeconds(signals.pausedAt!, zone)}`;
    case 'offline':
    case 'down':
    case 'costly':
      return lastAnswer;
    case 'partial':
      return onlyText(signals.view) ?? '';
  }
}

/** The badge in words, for screen readers. */
export function spokenText({ state, word, number }: Badge): string {
  return `${word}${number === '' ? '' : state === 'paused' ? ` ${number}` : `, ${number}`}`
    .replace(/\u00a0min\b/, ' minutes')
    .replace(/\u00a0s\b/, ' seconds');
}
