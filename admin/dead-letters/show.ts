/**
 * How dead letters look: a line of a list, all of one, and the same as JSON. Bytes are text where they are UTF-8, else
 * hexadecimal.
 *
 * Anybody who can publish to the topic chooses what stands here, in the headers too, so all of it is made visible
 * first.
 */
import { isUtf8 } from 'node:buffer';
import type { KeptLetter } from '../../core/layout/log.ts';
import { visible } from '../../core/process/visible.ts';

const NARROW = 60;

export function lineOf(letter: KeptLetter): string {
  const { reason, source, value } = letter;
  const from = source ? `${source.topic}/${source.partition}/${source.offset}` : 'unknown';
  return [nameOf(letter), timeOf(letter), visible(reason ?? 'unknown'), visible(from), shorten(value)].join('\t');
}

export function allOf(letter: KeptLetter): string {
  const { source, reason, detail, key, value } = letter;
  const record = source
    ? `${visible(source.topic)}, partition ${source.partition}, offset ${source.offset}`
    : 'unknown';
  return [
    `letter     ${nameOf(letter)}, kept at ${timeOf(letter)}`,
    `record     ${record}`,
    `reason     ${visible(reason ?? 'unknown')}`,
    `detail     ${visible(detail ?? 'unknown')}`,
    `key        ${bytesText(key)}`,
    `value      ${bytesText(value)}`,
  ].join('\n');
}

export function jsonOf(letter: KeptLetter): object {
  const { partition, offset, keptAt, source, reason, detail, key, value } = letter;
  const headers = {
    topic: source?.topic ?? null,
    partition: source?.partition ?? null,
    offset: source?.offset ?? null,
    reason,
    detail,
  };
  return {
    letter: nameOf(letter),
    dlq_partition: partition,
    dlq_offset: offset,
    kept_at: keptAt,
    ...headers,
    key: bytesJson(key),
    value: bytesJson(value),
  };
}

export function nameOf({ partition, offset }: KeptLetter): string {
  return `${partition}/${offset}`;
}

function timeOf({ keptAt }: KeptLetter): string {
  return new Date(keptAt).toISOString();
}

/** Null for no bytes at all; else the text, or the hexadecimal digits, and how many bytes. */
export function bytesJson(
  bytes: Buffer | null,
): { bytes: number; text: string } | { bytes: number; hex: string } | null {
  if (bytes === null) return null;
  return isUtf8(bytes)
    ? { bytes: bytes.length, text: bytes.toString('utf8') }
    : { bytes: bytes.length, hex: bytes.toString('hex') };
}

function bytesText(bytes: Buffer | null): string {
  const shown = bytesJson(bytes);
  if (shown === null) return 'none';
  const unit = shown.bytes === 1 ? 'byte' : 'bytes';
  return 'text' in shown
    ? `${shown.bytes} ${unit}, text: ${visible(shown.text)}`
    : `${shown.bytes} ${unit}, hex: ${shown.hex}`;
}

function shorten(value: Buffer | null): string {
  if (value === null) return '(no value)';
  // A value may be as large as a record; so many bytes hold more characters than are shown.
  const beginning = value.subarray(0, 4 * NARROW);
  const text = isUtf8(value) ? visible(beginning.toString('utf8')) : `0x${beginning.toString('hex')}`;
  return text.length <= NARROW ? text : `${text.slice(0, NARROW - 1)}…`;
}
