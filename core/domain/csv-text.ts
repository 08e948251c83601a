/**
 * Texts as fields of CSV (RFC 4180) that a spreadsheet opens without running them: the one writer of such a field.
 *
 * Exports of serving and the tables of pages use it. A spreadsheet runs a text that begins like a formula, and names of
 * items and places come from outside. So such a text gets an apostrophe in front, which marks it as text. The list of
 * beginnings is OWASP's (CSV Injection): = + - @, tab, carriage return, line feed, and the full-width forms of the four
 * signs.
 */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const SPECIAL = /[",\r\n]/;

export function csvText(text: string): string {
  return csvField(FORMULA.test(text) ? `'${text}` : text);
}

/** A text that Sightline makes, such as a number: in quotes where it needs them. */
export function csvField(text: string): string {
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
