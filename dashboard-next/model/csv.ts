/**
 * A table as CSV text (RFC 4180) that is safe to open in a spreadsheet (core/domain/csv-text.ts). Whole numbers and
 * oids stay numbers.
 */
import { csvField, csvText } from '../../core/domain/csv-text.ts';

export type CsvCell = string | number | null;

export function csvOf(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: CsvCell): string {
  if (value === null) return '';
  return typeof value === 'number' || /^-?\d+$/.test(value) ? csvField(String(value)) : csvText(value);
}
