/**
 * How many actions a request to one server may have: as many as plan.ts allows, until a request has no answer in time.
 *
 * A server that is short of processor time, or has just started, needs longer for a full request than the client waits.
 * If the client repeated the request, the server would do the same work again for nobody. So after a late answer the
 * client asks for a quarter of the actions, and doubles that each time the server answers a nearly full request quickly
 * (multiplicative increase and decrease).
 */
import { MOST_REQUEST_ACTIONS } from './plan.ts';

export const LEAST_REQUEST_ACTIONS = 50;
/** The part of a call's time within which an answer counts as quick. */
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

  /** A small request that was late shows that the server stood still, not that the request was too large. */
  late(actions: number): void {
    if (actions > LEAST_REQUEST_ACTIONS)
      this.most = Math.max(LEAST_REQUEST_ACTIONS, Math.min(this.most, Math.ceil(actions / 4)));
  }
}
