/**
 * Server-sent events as bytes, made once for all viewers of a question.
 *
 * hub.ts and topic.ts make frames, sink.ts writes them. JSON contains no line break, so the data of an event is one
 * line. Only `top-items` has an id, which a client sends when it reconnects; other events describe the present moment.
 */
import type { Problem, StreamedTopItems, View } from '../answers.ts';

export type Frame = Uint8Array;

const encoder = new TextEncoder();

/** The delay before a client reconnects, and a first line, so that proxies forward the headers at once. */
export function openingFrame(retryMs: number): Frame {
  return encoder.encode(`: sightline\nretry: ${retryMs}\n\n`);
}

export function topItemsFrame(id: string, answer: StreamedTopItems): Frame {
  return encoder.encode(`id: ${id}\nevent: top-items\ndata: ${JSON.stringify(answer)}\n\n`);
}

/** A heartbeat; with a view it also tells how far the shown numbers are behind. */
export function beatFrame(view: View | null): Frame {
  return encoder.encode(view === null ? ': beat\n\n' : `: beat\nevent: view\ndata: ${JSON.stringify(view)}\n\n`);
}

/** `question`: the question that has no answer; without it, no question of the stream has one. */
export function problemFrame(problem: Omit<Problem, 'request_id'>, question?: string): Frame {
  return encoder.encode(`event: problem\ndata: ${JSON.stringify({ ...problem, question })}\n\n`);
}
