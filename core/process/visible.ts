/**
 * Texts from outside as a terminal may show them: a control character could move its cursor, hide the rest or type for
 * the reader.
 *
 * Every command that prints what producers or files say sends it through here. Escaped are control characters of both
 * kinds (C0 and C1), formatting ones such as those that turn the direction of writing, and separators of lines and
 * paragraphs.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/**
 * Of the first kind JSON escapes all; what it puts between members are line feeds. Beyond 16 bits nothing of these
 * kinds moves a cursor.
 */
const UNSEEN_IN_JSON = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const UNSEEN_BUT_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** On one line. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escapeCharacter);
}

/** Keeps the line feeds, for a text of several lines that we put together. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN_BUT_LINES, escapeCharacter);
}

/**
 * JSON of the same value: what it would leave as it is and a terminal would not, as \uXXXX. `space` as of
 * JSON.stringify.
 */
export function visibleJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space).replace(
    UNSEEN_IN_JSON,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
