/**
 * Names from elsewhere, made safe to look at: item names are untrusted text of up to 5,000 code points.
 *
 * Invisible characters, and those that turn the text around them, are shown as pictures or code numbers, so that two
 * different names never look the same and no name can hide. A long name is shortened, and the number of characters that
 * are left out is shown.
 */

/** Most code points of a name in a row. */
export const MOST_CODE_POINTS = 120;

/** C1 controls, direction marks, line separators, marks without width. */
const INVISIBLE = /[\u0080-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** The text with every invisible character made visible; a space at an end becomes `␠`. */
export function makeVisible(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f]/gu, (control) => String.fromCodePoint(0x2400 + control.codePointAt(0)!))
      .replace(/\u007f/gu, '␡')
      .replace(INVISIBLE, (mark, at: number, whole: string) =>
        isJoiner(mark, at, whole) ? mark : `⟨${mark.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`,
      )
      .replace(/^ +| +$/gu, (spaces) => '␠'.repeat(spaces.length))
  );
}

/** Whether the mark joins an emoji or a word of a joining script; then it stays. */
function isJoiner(mark: string, at: number, whole: string): boolean {
  return (
    (mark === '\u200d' || mark === '\u200c') && at > 0 && at < whole.length - 1 && whole.charCodeAt(at - 1) > 0x2ff
  );
}

interface ShortName {
  readonly text: string;
  /** Code points of the name that `text` leaves out. */
  readonly more: number;
  /** A narrow column may cut it. */
  readonly isLong: boolean;
}

export function shortenName(name: string): ShortName {
  const points = [...name];
  const more = Math.max(0, points.length - MOST_CODE_POINTS);
  const text = makeVisible(more === 0 ? name : points.slice(0, MOST_CODE_POINTS).join(''));
  return { text, more, isLong: points.length > 24 };
}

/** `Central Station, Hall B`, or null for a place that the table of places does not have yet. */
export function placeName(name: string | null): string | null {
  return name === null || name.trim() === '' ? null : makeVisible(name);
}
