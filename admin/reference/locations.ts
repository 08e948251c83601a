/**
 * Dataset B from a CSV file as people save it: good lines become locations, bad ones are named by number with the
 * reason.
 *
 * `reference load`, `--places` of `npm start` and of `produce` all read here, so that a file that one of them takes is
 * taken by all. The header names the two columns, in any order, among others if need be, with commas, semicolons, tabs
 * or bars between them. No line is dropped in silence, and a bad one never stops the good ones.
 */
import type { Location } from '../../core/domain/detection.ts';
import type { BadLine, CsvLine } from './csv-rows.ts';
import { readOid } from '../../core/domain/oid.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { linesOf, readCsv } from './csv-rows.ts';
import { decodeText, REPLACEMENT } from './encoding.ts';

const OID = 'geographical_location_oid';
const NAME = 'geographical_location';
const DELIMITERS = [',', ';', '\t', '|'];
const GREATEST_NAME_CODE_POINTS = 5_000;
/** A spreadsheet keeps so many digits of a number, and writes zeros for the others. */
const SPREADSHEET_DIGITS = 15;

export interface ReferenceReading {
  readonly locations: Location[];
  readonly badLines: BadLine[];
  /** Rows that hold nothing but delimiters. */
  readonly blankRows: number;
  /** What a person may want to do about the file as a whole. */
  readonly hints: string[];
}

/**
 * `encoding`: of a file that is neither UTF-8 nor UTF-16. Throws a Refusal (usage) if the header is not that of dataset
 * B.
 */
export function readReference(bytes: Buffer, encoding?: string): ReferenceReading {
  const text = decodeText(bytes, encoding);
  const lines = linesOf(text);
  const header = readHeader(lines);
  const { rows, badLines: broken } = readCsv(lines, header.line + 1, header.delimiter);
  const badLines = [...broken];
  const byOid = new Map<string, Location & { line: number }>();
  let blankRows = 0;
  for (const { line, fields } of rows) {
    if (fields.every(isBlank)) {
      blankRows += 1;
      continue;
    }
    const reading = readFields(fields, header);
    const before = typeof reading === 'string' ? undefined : byOid.get(reading.oid);
    if (typeof reading === 'string') badLines.push({ line, because: reading });
    else if (before === undefined) byOid.set(reading.oid, { ...reading, line });
    else if (before.name !== reading.name) {
      badLines.push({
        line,
        because: `place ${reading.oid} has another name in line ${before.line}: "${before.name}"`,
      });
    }
  }
  const locations = [...byOid.values()].map(({ oid, name }) => ({ oid, name }));
  badLines.sort((a, b) => a.line - b.line);
  return { locations, badLines, blankRows, hints: [...encodingHint(text, bytes), ...roundingHint(locations)] };
}

interface Header {
  readonly line: number;
  readonly delimiter: string;
  readonly width: number;
  readonly oid: number;
  readonly name: number;
}

/**
 * The first line that is not empty; a line `sep=;` before it, which spreadsheets write and read, names the delimiter.
 */
function readHeader(lines: readonly CsvLine[]): Header {
  let line =
    1 +
    Math.max(
      0,
      lines.findIndex(({ text }) => text.trim() !== ''),
    );
  const named = /^\s*"?sep=(.)"?\s*$/i.exec(lines[line - 1]?.text ?? '')?.[1];
  if (named !== undefined) line += 1;
  for (const delimiter of named === undefined ? DELIMITERS : [named]) {
    const row = readCsv(lines.slice(0, line), line, delimiter).rows[0];
    const columns = row?.fields.map((field) => field.trim().toLowerCase()) ?? [];
    if (!columns.includes(OID) || !columns.includes(NAME)) continue;
    refuseTwice(columns);
    return { line, delimiter, width: columns.length, oid: columns.indexOf(OID), name: columns.indexOf(NAME) };
  }
  const found = lines[line - 1]?.text.slice(0, 200) ?? '';
  throw new Refusal(
    EXIT.usage,
    `The first line must name the columns ${OID} and ${NAME}, with ',', ';', '|' or a tab between them; found: ` +
      `${found === '' ? 'nothing' : JSON.stringify(found)}`,
  );
}

function refuseTwice(columns: readonly string[]): void {
  for (const column of [OID, NAME]) {
    const at = columns.flatMap((name, index) => (name === column ? [index + 1] : []));
    if (at.length > 1) {
      throw new Refusal(
        EXIT.usage,
        `The first line names ${column} more than once (columns ${at.join(' and ')}); ` +
          'leave only the column that counts',
      );
    }
  }
}

function readFields(fields: readonly string[], { width, oid, name }: Header): Location | string {
  const [oidText, nameText] = [fields[oid]?.trim(), fields[name]?.trim()];
  if (oidText === undefined || nameText === undefined) return 'a column is missing';
  if (!fields.slice(width).every(isBlank)) {
    return (
      `${fields.length} fields where the first line names ${width} columns; a name that holds the delimiter must ` +
      'stand in quotes'
    );
  }
  const reading = readOid(oidText);
  if (!reading.ok) return `${OID} is "${oidText}"; ${expectedOid(oidText)}`;
  const length = [...nameText].length;
  if (length < 1 || length > GREATEST_NAME_CODE_POINTS)
    return `${NAME} has ${length} code points; 1 to 5000 were expected`;
  if (nameText.includes(REPLACEMENT)) return `${NAME} is "${nameText}", with a letter that is not to be read`;
  return { oid: reading.oid, name: nameText };
}

function expectedOid(text: string): string {
  if (/^[+-]?\d+(?:[.,]\d+)?e\+?\d+$/i.test(text)) {
    return (
      'a spreadsheet has rounded it and its last digits are lost: format the column as text, enter the id again ' +
      'and save'
    );
  }
  return 'a signed 64-bit integer without leading zeros, points or spaces was expected';
}

const isBlank = (field: string): boolean => field.trim() === '';

function encodingHint(text: string, bytes: Buffer): string[] {
  if (!text.includes(REPLACEMENT)) return [];
  if (bytes.includes(Buffer.from(REPLACEMENT)))
    return ['The file itself holds U+FFFD: an earlier conversion has lost letters there.'];
  return [
    'The file is not in UTF-8. Save it as UTF-8, or use "reference load --encoding windows-1252", ' +
      'which spreadsheets on Windows often write.',
  ];
}

/** Ids of more digits than a spreadsheet keeps that all end in zeros were most likely rounded by one. */
function roundingHint(locations: readonly Location[]): string[] {
  const long = locations.map(({ oid }) => oid.replace('-', '')).filter((digits) => digits.length > SPREADSHEET_DIGITS);
  if (long.length < 2 || !long.every((digits) => /^0+$/.test(digits.slice(SPREADSHEET_DIGITS)))) return [];
  return [
    `All ${long.length} ids of more than ${SPREADSHEET_DIGITS} digits end in zeros: ` +
      'a spreadsheet may have rounded them; compare them with their source.',
  ];
}
