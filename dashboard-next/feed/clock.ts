/**
 * The server's clock as a browser knows it: windows end "now" on the server, whatever the viewer's own clock says.
 *
 * Every answer's Date header bounds the difference between the two clocks from both sides. While no difference at all
 * is possible none is assumed; otherwise the smallest that is.
 */
export interface Clock {
  now(): number;
  /** A Date header, and when its request was sent and its answer received on the own clock. */
  observe(date: string | null, sentAt: number, receivedAt: number): void;
}

/** `knownAtLeast`: a time of the server that had passed already. */
export function serverClock(knownAtLeast: number, own: () => number = Date.now): Clock {
  let least = knownAtLeast - own();
  let most = Infinity;
  return {
    now: () => own() + Math.min(most, Math.max(least, 0)),
    observe(date, sentAt, receivedAt) {
      const second = date === null ? Number.NaN : Date.parse(date);
      if (Number.isNaN(second)) return;
      const low = second - receivedAt;
      const high = second + 1_000 - sentAt;
      // One of the clocks was set: what was known before no longer holds.
      if (low > most || high < least) [least, most] = [low, high];
      else [least, most] = [Math.max(least, low), Math.min(most, high)];
    },
  };
}
