/**
 * Dataset B from CSV: good lines become locations, bad ones are named by number with the reason.
 *
 * load.ts gives it the file's text. The header must name the two columns, in any order, among others if need be; quoting is
 * RFC 4180's. A line is never dropped in silence, and a bad one never stops the good ones.
 */
import { parse } from 'csv-parse/sync';
import type { Location } from '../../core/domain/detection.ts';
import { readOid } from '../../core/domain/oid.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

const OID = 'geographical_location_oid';
const NAME = 'geographical_location';
const GREATEST_NAME_CODE_POINTS = 5_000;

export interface BadLine {
  /** 1 is the header. */
  readonly line: number;
  readonly because: string;
}

export interface ReferenceReading {
  readonly locations: Location[];
  readonly badLines: BadLine[];
}

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Throws a Refusal (usage) if the header lacks a column. */
export function readReference(text: string): ReferenceReading {
  const badLines: BadLine[] = [];
  const rows = parse(text, {
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (fault) => void badLines.push({ line: Number(fault?.lines ?? 0), because: fault?.message ?? 'not CSV' }),
  }) as unknown as Row[];
  const header = rows[0]?.record.map((name) => name.trim()) ?? [];
  const columns = { oid: header.indexOf(OID), name: header.indexOf(NAME) };
  if (columns.oid < 0 || columns.name < 0) {
    throw new Refusal(EXIT.usage, `the first line must name the columns ${OID} and ${NAME}; found: ${header.join(', ') || 'nothing'}`);
  }
  const byOid = new Map<string, Location & { line: number }>();
  for (const { record, info } of rows.slice(1)) {
    const reading = readLine(record[columns.oid], record[columns.name]);
    if (typeof reading === 'string') badLines.push({ line: info.lines, because: reading });
    else {
      const before = byOid.get(reading.oid);
      if (before && before.name !== reading.name) {
        badLines.push({ line: info.lines, because: `place ${reading.oid} was called "${before.name}" in line ${before.line}` });
      } else byOid.set(reading.oid, { ...reading, line: info.lines });
    }
  }
  // One broken line can have several broken quotes; the first is enough for a person.
  const firstOfLine = [...new Map(badLines.toReversed().map((bad) => [bad.line, bad])).values()];
  return {
    locations: [...byOid.values()].map(({ oid, name }) => ({ oid, name })),
    badLines: firstOfLine.sort((a, b) => a.line - b.line),
  };
}

function readLine(oidText: string | undefined, nameText: string | undefined): Location | string {
  if (oidText === undefined || nameText === undefined) return 'a column is missing';
  const reading = readOid(oidText.trim());
  if (!reading.ok) return `${OID} is "${oidText}"; a signed 64-bit integer was expected`;
  const name = nameText.trim();
  const length = [...name].length;
  if (length < 1 || length > GREATEST_NAME_CODE_POINTS) return `${NAME} has ${length} code points; 1 to 5000 were expected`;
  return { oid: reading.oid, name };
}
