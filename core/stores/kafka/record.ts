/**
 * From node-rdkafka's message to a record of the log, with nothing interpreted, and nothing lost within the limit.
 *
 * consumer.ts and reader.ts call it for every message. node-rdkafka gives each header as an object with one member; a
 * header without a value comes as no bytes.
 */
import type { Message } from 'node-rdkafka';
import type { LogRecord } from '../../domain/detection.ts';
import { withinLimit } from '../../layout/log.ts';

type Header = LogRecord['headers'][number];

export function recordOf(message: Message): LogRecord {
  const { partition, offset, timestamp, key, value, headers } = message;
  return {
    partition,
    offset,
    stamp: timestamp ?? 0,
    key: withinLimit(typeof key === 'string' ? Buffer.from(key) : (key ?? null)),
    value: withinLimit(value),
    headers: headers === undefined || headers.length === 0 ? NO_HEADERS : headers.flatMap(headerOf),
  };
}

const NO_HEADERS: readonly Header[] = [];

function headerOf(header: object): Header[] {
  return Object.entries(header).map(([name, value]) => [
    name,
    Buffer.isBuffer(value) ? value : Buffer.from(String(value)),
  ]);
}

/** How many bytes the log keeps of a record. */
export function bytesOf({ key, value, headers }: Pick<LogRecord, 'key' | 'value' | 'headers'>): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers) bytes += name.length + (content?.length ?? 0);
  return bytes;
}
