/**
 * How many actions a request to one server may hold: as many as plan.ts allows, until one had no answer in time.
 *
 * A server that is short of processor time, or has just started, needs for a full request longer than anyone waits.
 * Asked for the same again it would do the same work again, answered to nobody, and more of it each time. A quarter of
 * what was too much is asked for instead, and twice as much each time that a request which used most of its allowance
 * was answered well within its time.
 */
import { MOST_REQUEST_ACTIONS } from './plan.ts';

export const LEAST_REQUEST_ACTIONS = 50;
/** Of the time that a call has. */
const QUICK = 0.1;

export class Pace {
  private most = MOST_REQUEST_ACTIONS;

  get mostActions(): number {
    return this.most;
  }

  answered(actions: number, tookMs: number, timeoutMs: number): void {
    if (actions >= this.most / 2 && tookMs < timeoutMs * QUICK)
      this.most = Math.min(MOST_REQUEST_ACTIONS, this.most * 2);
  }

  /** A small request that was late says that the server stood still, not that the request was too large. */
  late(actions: number): void {
    if (actions > LEAST_REQUEST_ACTIONS)
      this.most = Math.max(LEAST_REQUEST_ACTIONS, Math.min(this.most, Math.ceil(actions / 4)));
  }
}
