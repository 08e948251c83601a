/**
 * One viewer of `/api/v1/stream`: how long after the send of a probe its event is at the client, which commit to event
 * is a part of.
 */
import { get } from 'node:http';
import type { StreamedTopItems } from '../../serving/answers.ts';

export interface PushedProbes {
  /** The next probe of the item was sent at this time. */
  sent(atMs: number): void;
  /** Milliseconds of every probe whose event came. */
  readonly tookMs: number[];
  end(): void;
}

/** Counts of the item rise with each probe, so the event that has n or more is the one of the n-th. */
export function watchPushes(address: string, item: string): PushedProbes {
  const sentMs: number[] = [];
  const tookMs: number[] = [];
  const seen = (count: number): void => {
    const nowMs = performance.now();
    while (tookMs.length < Math.min(count, sentMs.length)) tookMs.push(nowMs - sentMs[tookMs.length]!);
  };
  const request = get(`${address}/api/v1/stream?location=all&window=3600&limit=1000`, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      text += piece;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = /^event: top-items\ndata: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined)
          seen((JSON.parse(data) as StreamedTopItems).items.find(({ item_name }) => item_name === item)?.count ?? 0);
      }
    });
    response.on('error', () => undefined);
  });
  request.on('error', () => undefined);
  return { sent: (atMs) => void sentMs.push(atMs), tookMs, end: () => request.destroy() };
}
