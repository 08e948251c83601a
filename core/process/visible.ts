/**
 * Makes texts from outside safe for a terminal: a control character could move its cursor, hide the rest or type for
 * the reader.
 *
 * Every command that prints texts of producers or files uses it. It escapes control characters of both kinds (C0 and
 * C1), formatting characters such as those that change the direction of writing, and separators of lines and
 * paragraphs.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/**
 * JSON escapes all control characters of the first kind; between members it writes line feeds. Beyond 16 bits no such
 * character moves a cursor.
 */
const UNSEEN_IN_JSON = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const UNSEEN_BUT_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** On one line. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escapeCharacter);
}

/** Keeps the line feeds, for a text of several lines that Sightline composes. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN_BUT_LINES, escapeCharacter);
}

/** JSON of a value, with the characters that JSON would leave unescaped as \uXXXX. `space` as of JSON.stringify. */
export function visibleJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space).replace(
    UNSEEN_IN_JSON,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
