/**
 * Server-sent events as bytes, made once for all viewers of a question.
 *
 * hub.ts makes them, sink.ts writes them. JSON has no line break in it, so an event's data is always one line. Only
 * `top-items` has an id: it is what a client names when it comes back, and everything else is about the present moment.
 */
import type { Problem, StreamedTopItems, View } from '../answers.ts';

export type Frame = Uint8Array;

const encoder = new TextEncoder();

/** How long a client waits before it comes back, and a first line, so that proxies pass the headers on at once. */
export function openingFrame(retryMs: number): Frame {
  return encoder.encode(`: sightline\nretry: ${retryMs}\n\n`);
}

export function topItemsFrame(id: string, answer: StreamedTopItems): Frame {
  return encoder.encode(`id: ${id}\nevent: top-items\ndata: ${JSON.stringify(answer)}\n\n`);
}

/** A heartbeat; with a view it also says how far the numbers that stand are behind. */
export function beatFrame(view: View | null): Frame {
  return encoder.encode(view === null ? ': beat\n\n' : `: beat\nevent: view\ndata: ${JSON.stringify(view)}\n\n`);
}

/** `question`: the one that has no answer; without, none has. */
export function problemFrame(problem: Omit<Problem, 'request_id'>, question?: string): Frame {
  return encoder.encode(`event: problem\ndata: ${JSON.stringify({ ...problem, question })}\n\n`);
}
