/**
 * Rows of a CSV text with the lines that they stand in: RFC 4180, and what spreadsheets make of it.
 *
 * locations.ts takes the rows. Line ends may change within the text. A row that cannot be read costs its own line and
 * no other: csv-parse reads one row at a time, and after a broken row reading goes on with the next line. So a quote
 * that nobody closed costs one line.
 */
import { parse } from 'csv-parse/sync';

export interface CsvRow {
  /** The first line of the row; the text begins with line 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface BadLine {
  /** 1 is the first line of the file. */
  readonly line: number;
  readonly because: string;
}

export interface CsvReading {
  readonly rows: readonly CsvRow[];
  readonly badLines: readonly BadLine[];
}

export interface CsvLine {
  readonly text: string;
  /** How the line ends: it is part of a field that goes on in the next one. */
  readonly end: string;
}

/** A row may go on over lines within quotes, but no longer than this: beyond it a quote was left open. */
const GREATEST_ROW_CHARACTERS = 100_000;

export function linesOf(text: string): CsvLine[] {
  const parts = text.split(/(\r\n|\n|\r)/);
  const lines: CsvLine[] = [];
  for (let at = 0; at < parts.length; at += 2) lines.push({ text: parts[at]!, end: parts[at + 1] ?? '' });
  return lines;
}

/** Rows of these lines from line `first` on (1 is the first). Lines without any character are no rows. */
export function readCsv(lines: readonly CsvLine[], first: number, delimiter: string): CsvReading {
  const rows: CsvRow[] = [];
  const badLines: BadLine[] = [];
  for (let at = first - 1; at < lines.length;) {
    const line = at + 1;
    const { text, count } = rowText(lines, at);
    if (text !== '') {
      const fields = count === 0 ? 'a quote is opened and not closed' : fieldsOf(text, delimiter);
      if (typeof fields === 'string') badLines.push({ line, because: fields });
      else rows.push({ line, fields });
      at += typeof fields === 'string' ? 1 : count;
    } else at += 1;
  }
  return { rows, badLines };
}

/** The text of the row that begins in this line, and how many lines it takes; 0 if a quote is left open. */
function rowText(lines: readonly CsvLine[], from: number): { text: string; count: number } {
  let text = lines[from]!.text;
  let isOpen = hasOpenQuote(text);
  let at = from;
  while (isOpen && at + 1 < lines.length && text.length < GREATEST_ROW_CHARACTERS) {
    text += lines[at]!.end + lines[at + 1]!.text;
    at += 1;
    if (hasOpenQuote(lines[at]!.text)) isOpen = false;
  }
  return isOpen ? { text: lines[from]!.text, count: 0 } : { text, count: at - from + 1 };
}

/** Within a row quotes come in pairs. */
function hasOpenQuote(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes % 2 === 1;
}

/** The fields of one row, or why it is none. */
function fieldsOf(text: string, delimiter: string): string[] | string {
  if (!text.includes('"')) return text.split(delimiter);
  try {
    const rows = parse(text, {
      delimiter,
      trim: true,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    });
    return rows.length === 1 ? rows[0]! : 'a quote stands where none is expected';
  } catch (fault) {
    return `a quote stands where none is expected (${fault instanceof Error ? fault.message : String(fault)})`;
  }
}
