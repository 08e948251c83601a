/**
 * Names that come from elsewhere, made safe to look at: item names are untrusted text of up to 5,000 code points.
 *
 * Characters that print nothing, or that would turn the text around them, are shown as pictures or code numbers, so
 * that two different names never look the same by accident and no name can hide. Nothing is cut in silence: what does
 * not fit is counted and can be opened.
 */

/** Shown in a row; what is beyond is counted. */
export const SHOWN_CODE_POINTS = 120;

/** C1 controls, marks that change direction, separators of lines, marks without width. */
const INVISIBLE = /[\u0080-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** The text with every invisible character made visible; a space at an end becomes `␠`. */
export function visible(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f]/gu, (control) => String.fromCodePoint(0x2400 + control.codePointAt(0)!))
      .replace(/\u007f/gu, '␡')
      .replace(INVISIBLE, (mark, at: number, whole: string) =>
        joins(mark, at, whole) ? mark : `⟨${mark.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`,
      )
      .replace(/^ +| +$/gu, (spaces) => '␠'.repeat(spaces.length))
  );
}

/** A joiner inside an emoji or a word of a joining script belongs to it. */
function joins(mark: string, at: number, whole: string): boolean {
  return (
    (mark === '\u200d' || mark === '\u200c') && at > 0 && at < whole.length - 1 && whole.charCodeAt(at - 1) > 0x2ff
  );
}

export interface ShownName {
  readonly text: string;
  /** Code points of the name that `text` leaves out. */
  readonly more: number;
  /** Whether a narrow column may cut it. */
  readonly long: boolean;
}

export function shownName(name: string): ShownName {
  const points = [...name];
  const more = Math.max(0, points.length - SHOWN_CODE_POINTS);
  const text = visible(more === 0 ? name : points.slice(0, SHOWN_CODE_POINTS).join(''));
  return { text, more, long: points.length > 24 };
}

/** `Central Station, Hall B`, or null for a place that the table of places does not know (yet). */
export function placeName(name: string | null): string | null {
  return name === null || name.trim() === '' ? null : visible(name);
}
