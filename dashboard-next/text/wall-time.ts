/**
 * A wall clock's reading as a person chooses it in a field: the text, and which of two hours where clocks are put back.
 *
 * WallTimeField.tsx shows one; forms of a range read their ends here. The text is that of `<input
 * type="datetime-local">`.
 */
import { instantOfWall, instantsOfWall, wallOf } from '../../core/domain/zone.ts';

export interface WallTime {
  /** `2026-11-22T14:32`, or '' while it is not whole. */
  readonly text: string;
  /** The second of the two instants that read the same. */
  readonly isLater: boolean;
}

export function wallTimeOf(t: number, zone: string): WallTime {
  const wall = wallOf(t, zone);
  return { text: new Date(wall).toISOString().slice(0, 16), isLater: instantsOfWall(wall, zone)[1] === t };
}

/** The instants that read so: none of an empty text or of an hour that is left out. */
export function readingsOf({ text }: WallTime, zone: string): number[] {
  const wall = wallIn(text);
  return Number.isNaN(wall) ? [] : instantsOfWall(wall, zone);
}

/**
 * NaN for a text that is not whole. In an hour that is left out, as far after the change as the text is after its
 * beginning.
 */
export function instantIn(time: WallTime, zone: string): number {
  const wall = wallIn(time.text);
  if (Number.isNaN(wall)) return wall;
  const readings = instantsOfWall(wall, zone);
  return (time.isLater ? readings.at(-1) : readings[0]) ?? instantOfWall(wall, zone);
}

function wallIn(text: string): number {
  return Date.parse(`${text.slice(0, 16)}Z`);
}
