/**
 * Server-sent events out of a body, as a browser's EventSource takes them; comments are handed on as events named
 * `comment`.
 */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent, undefined, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield* eventsOf(text.slice(0, end).split('\n'));
      text = text.slice(end + 2);
    }
  }
  return undefined;
}

function* eventsOf(lines: readonly string[]): Generator<StreamEvent> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(':');
    if (at === 0) yield { event: 'comment', data: line.slice(1).trim(), id: undefined };
    else fields.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  const data = fields.get('data');
  if (data !== undefined) yield { event: fields.get('event') ?? 'message', data, id: fields.get('id') };
}
