/**
 * A time that a person chooses in a field, as the wall clock of a zone shows it: the text, and which of two hours when
 * clocks are set back.
 *
 * WallTimeField.tsx shows one; forms of a range read their ends here. The text is that of `<input
 * type="datetime-local">`.
 */
import { instantOfWall, instantsOfWall, wallOf } from '../../core/domain/zone.ts';

export interface WallTime {
  /** `2026-11-22T14:32`, or '' while it is incomplete. */
  readonly text: string;
  /** The later one of two instants with this text. */
  readonly isLater: boolean;
}

export function wallTimeOf(t: number, zone: string): WallTime {
  const wall = wallOf(t, zone);
  return { text: new Date(wall).toISOString().slice(0, 16), isLater: instantsOfWall(wall, zone)[1] === t };
}

/** The instants with this text: none if it is incomplete, or in the hour that clocks leave out. */
export function readingsOf({ text }: WallTime, zone: string): number[] {
  const wall = wallIn(text);
  return Number.isNaN(wall) ? [] : instantsOfWall(wall, zone);
}

/**
 * NaN for an incomplete text. In the hour that clocks leave out: as far after the change as the text is into the hour.
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
