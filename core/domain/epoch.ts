/**
 * Epochs: fixed slices of arrival; the speed view and the batch view meet at an epoch's end (law L5).
 *
 * An epoch is a whole number: its start divided by its length. Its name is what people and folders see: the UTC date,
 * or `…THHMM`, or `…THHMMSS` when it does not start on a minute (HDFS refuses colons). Epochs tile time: each instant
 * lies in exactly one, and names and numbers are one to one for one length.
 */
import type { Instant } from './time.ts';
import { DATE_PATTERN } from './time.ts';
import type { Rules } from './rules.ts';

declare const epochBrand: unique symbol;
export type Epoch = number & { readonly [epochBrand]: true };

type Length = Pick<Rules, 'epochSeconds'>;

export function epoch(number: number): Epoch {
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`${number} is not an epoch number; a whole number from 0 is expected`);
  return number as Epoch;
}

/** The epoch in which an arrival counts; never before the generation's first. */
export function epochOf(arrival: Instant, rules: Length & Pick<Rules, 'firstEpoch'>): Epoch {
  return Math.max(rules.firstEpoch, epochAt(arrival, rules)) as Epoch;
}

/** The epoch of an instant, even before the generation's first. */
export function epochAt(t: number, { epochSeconds }: Length): Epoch {
  return Math.floor(t / (epochSeconds * 1_000)) as Epoch;
}

export function startOf(e: Epoch, { epochSeconds }: Length): Instant {
  return (e * epochSeconds * 1_000) as Instant;
}

/** The first instant after the epoch. */
export function endOf(e: Epoch, length: Length): Instant {
  return startOf((e + 1) as Epoch, length);
}

export function nameOf(e: Epoch, length: Length): string {
  const iso = new Date(startOf(e, length)).toISOString();
  const date = iso.slice(0, 10);
  if (length.epochSeconds % 86_400 === 0) return date;
  const seconds = iso.slice(17, 19);
  return `${date}T${iso.slice(11, 13)}${iso.slice(14, 16)}${seconds === '00' ? '' : seconds}`;
}

/** The form of an epoch's name, of any length. */
export const EPOCH_NAME_PATTERN = `${DATE_PATTERN.slice(0, -1)}(?:T(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){1,2})?$`;

/** The epoch of a name, or null if the name is not that of an epoch of this length. */
export function epochNamed(name: string, length: Length): Epoch | null {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(\d{2})(\d{2})?)?$/.exec(name);
  if (!parts) return null;
  const [, date, hour = '00', minute = '00', second = '00'] = parts;
  const start = Date.parse(`${date}T${hour}:${minute}:${second}.000Z`);
  if (Number.isNaN(start) || start < 0) return null;
  const epoch = epochAt(start, length);
  return nameOf(epoch, length) === name ? epoch : null;
}
