/**
 * What a page knows, and how each event of the feed changes it.
 *
 * One event makes one new state and one paint: all numbers of an answer change together. The functions are pure, so
 * that a test reaches every state of the badge without a browser.
 */
import type { View } from '../../serving/answers.ts';
import type { Freshness, Signals } from './badge.ts';
import type { Board } from './board.ts';
import type { Fault } from './questions.ts';
import type { RateTrack } from './rate.ts';
import type { Choices } from './address.ts';
import { FRESH, levelOf, nextFreshness } from './badge.ts';
import { isOver } from './bounds.ts';
import { NO_RATE, trackRate } from './rate.ts';

export interface LiveState {
  readonly board: Board | null;
  /** Of the last answer; a paused page has not painted it. */
  readonly view: View | null;
  readonly answeredAt: number | null;
  readonly freshness: Freshness;
  readonly outage: { readonly since: number; readonly fault: Fault; readonly retryAt: number | null } | null;
  readonly track: RateTrack;
  readonly correction: { readonly amount: number; readonly at: number } | null;
}

export type LiveEvent =
  | { readonly type: 'board'; readonly board: Board }
  /** A paused page has read an answer and does not paint it. */
  | { readonly type: 'pulse'; readonly view: View; readonly at: number }
  | { readonly type: 'fault'; readonly fault: Fault; readonly at: number; readonly retryAt: number | null };

export function firstState(board: Board | null, fault: Fault | null, now: number): LiveState {
  const empty: LiveState = {
    board: null,
    view: null,
    answeredAt: null,
    freshness: FRESH,
    outage: null,
    track: NO_RATE,
    correction: null,
  };
  if (board) {
    const state = nextState(empty, { type: 'board', board });
    return { ...state, freshness: { level: levelOf(board.top.view.freshness_ms), better: 0 } };
  }
  return fault ? nextState(empty, { type: 'fault', fault, at: now, retryAt: null }) : empty;
}

export function nextState(state: LiveState, event: LiveEvent): LiveState {
  switch (event.type) {
    case 'board':
      return withBoard(state, event.board);
    case 'pulse':
      return { ...state, ...answered(state, event.view, event.at) };
    case 'fault':
      return {
        ...state,
        outage: { since: state.outage?.since ?? event.at, fault: event.fault, retryAt: event.retryAt },
      };
  }
}

function answered(
  state: LiveState,
  view: View,
  at: number,
): Pick<LiveState, 'view' | 'answeredAt' | 'freshness' | 'outage'> {
  return { view, answeredAt: at, freshness: nextFreshness(state.freshness, view.freshness_ms), outage: null };
}

function withBoard(state: LiveState, board: Board): LiveState {
  const { top } = board;
  const last = state.board;
  const track = last && last.subject.location !== board.subject.location ? NO_RATE : state.track;
  const key = [top.location, top.from, top.view.horizon, top.view.missing].join('|');
  const drop =
    last && areWhole(last, board) && sameBounds(last, board) && last.top.view.horizon !== top.view.horizon
      ? last.top.total - top.total
      : 0;
  return {
    ...answered(state, top.view, board.readAt),
    board,
    track: trackRate(track, { key, asOf: top.view.speed_as_of, total: top.total }),
    correction: drop > 0 ? { amount: drop, at: board.readAt } : state.correction,
  };
}

function areWhole(...boards: readonly Board[]): boolean {
  return boards.every(({ top }) => !top.view.missing);
}

function sameBounds({ top: a }: Board, { top: b }: Board): boolean {
  return a.location === b.location && a.from === b.from && a.to === b.to;
}

/** What the badge and the notice bar are made from. */
export function signalsOf(state: LiveState, choices: Choices, now: number): Signals {
  const paused = choices.refresh === 'off';
  const { board } = state;
  return {
    now,
    answeredAt: state.answeredAt,
    view: state.view,
    freshness: state.freshness,
    outage: state.outage,
    refreshMs: paused ? 10_000 : Number(choices.refresh) * 1_000,
    pausedAt: paused && board ? board.readAt : null,
    grewAt:
      !board || board.top.view.missing || isOver(board.subject, board.top.view.speed_as_of) ? null : state.track.grewAt,
    allowsPartial: choices.allowPartial,
  };
}
