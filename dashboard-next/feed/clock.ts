/**
 * The server's clock as a browser knows it: windows end "now" on the server, whatever the viewer's own clock says.
 *
 * The Date header of each answer limits the difference between the two clocks from both sides. While the limits allow
 * no difference, none is assumed; else the smallest that they allow.
 */
export interface Clock {
  now(): number;
  /** A Date header, and when the own clock showed that the request was sent and the answer received. */
  observe(date: string | null, sentAt: number, receivedAt: number): void;
}

/** `knownAtLeast`: a time that the server's clock has passed already. */
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
      // Somebody has set one of the clocks: the earlier limits no longer count.
      if (low > most || high < least) [least, most] = [low, high];
      else [least, most] = [Math.max(least, low), Math.min(most, high)];
    },
  };
}
