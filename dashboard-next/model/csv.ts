/**
 * Tables as CSV text (RFC 4180), safe to open in a spreadsheet (core/domain/csv-text.ts). Whole numbers, oids among
 * them, stay numbers.
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
