/**
 * The three actions of a batch as bytes: put, delete, get. batch.ts has the requests, multi.ts writes them into Multi's
 * message and block; this file knows the form of one action.
 *
 * Action = index 1, then MutationProto 2 or Get 3
 * MutationProto = mutate_type 2 (2 put, 3 delete), associated_cell_count 8     the row and all else is in the cells
 * Get = row 1, Column 2 {family 1, qualifier 2}
 *
 * Sizes come first and are exact: plan.ts cuts requests by them, and multi.ts allocates a buffer once.
 */
import { cellBytes, familyBytes, NO_BYTES, rowFault, timestampFault, TYPE_DELETE_FAMILY, writeCell } from './cells.ts';
import { asHBaseError, requestError } from './errors.ts';
import type { HBaseError } from './errors.ts';
import { varintBytes, writeVarint } from '../layout/varint.ts';
import { fieldBytes, writeBytes, writeField } from './protobuf.ts';
import type { RowDelete, RowGet, RowPut } from './types.ts';

export interface Actions {
  /** For events and errors: put, get or delete. */
  readonly operation: string;
  readonly count: number;
  row(i: number): Buffer;
  /** Why it cannot be sent at all, or undefined. */
  fault(i: number): HBaseError | undefined;
  /** Bytes of the field of Action after its index. */
  bodyBytes(i: number): number;
  writeBody(into: Buffer, at: number, i: number): number;
  cellsBytes(i: number): number;
  writeCells(into: Buffer, at: number, i: number): number;
}

export function putActions(puts: readonly RowPut[]): Actions {
  return {
    operation: 'put',
    count: puts.length,
    row: (i) => puts[i]!.row,
    fault: (i) => putFault(puts[i]!),
    bodyBytes: (i) => mutationBytes(puts[i]!.cells.length),
    writeBody: (into, at, i) => writeMutation(into, at, 2, puts[i]!.cells.length),
    cellsBytes(i) {
      const { row, cells } = puts[i]!;
      let bytes = 0;
      for (const cell of cells)
        bytes += cellBytes(row.length, familyBytes(cell.family).length, cell.qualifier.length, cell.value.length);
      return bytes;
    },
    writeCells(into, at, i) {
      const { row, cells } = puts[i]!;
      for (const cell of cells) at = writeCell(into, at, row, cell);
      return at;
    },
  };
}

export function deleteActions(deletes: readonly RowDelete[]): Actions {
  return {
    operation: 'delete',
    count: deletes.length,
    row: (i) => deletes[i]!.row,
    fault: (i) => deleteFault(deletes[i]!),
    bodyBytes: (i) => mutationBytes(deletes[i]!.families.length),
    writeBody: (into, at, i) => writeMutation(into, at, 3, deletes[i]!.families.length),
    cellsBytes(i) {
      const { row, families } = deletes[i]!;
      let bytes = 0;
      for (const family of families) bytes += cellBytes(row.length, familyBytes(family).length, 0, 0);
      return bytes;
    },
    writeCells(into, at, i) {
      const { row, families, timestamp } = deletes[i]!;
      for (const family of families) {
        const type = TYPE_DELETE_FAMILY;
        at = writeCell(into, at, row, { family, qualifier: NO_BYTES, timestamp, type, value: NO_BYTES });
      }
      return at;
    },
  };
}

export function getActions(gets: readonly RowGet[]): Actions {
  // Nearly always every get of a batch asks for the same columns by the same arrays: encode them once.
  let last: RowGet | undefined;
  let lastSelection: Buffer = Buffer.alloc(0);
  const selection = (get: RowGet): Buffer => {
    if (last === undefined || get.families !== last.families || get.columns !== last.columns) {
      last = get;
      lastSelection = encodeSelection(get);
    }
    return lastSelection;
  };
  return {
    operation: 'get',
    count: gets.length,
    row: (i) => gets[i]!.row,
    fault: (i) => getFault(gets[i]!),
    bodyBytes: (i) => fieldBytes(fieldBytes(gets[i]!.row.length) + selection(gets[i]!).length),
    writeBody(into, at, i) {
      const { row } = gets[i]!;
      const selected = selection(gets[i]!);
      into[at++] = 0x1a;
      at = writeVarint(into, at, fieldBytes(row.length) + selected.length);
      at = writeField(into, at, 0x0a, row);
      return writeBytes(into, at, selected);
    },
    cellsBytes: () => 0,
    writeCells: (_into, at) => at,
  };
}

function mutationBytes(cellCount: number): number {
  return fieldBytes(3 + varintBytes(cellCount));
}

function writeMutation(into: Buffer, at: number, type: number, cellCount: number): number {
  into[at++] = 0x12;
  into[at++] = 3 + varintBytes(cellCount);
  into[at++] = 0x10;
  into[at++] = type;
  into[at++] = 0x40;
  return writeVarint(into, at, cellCount);
}

/** Get's fields after its row. */
function encodeSelection(get: RowGet): Buffer {
  const columns = new Map<string, Buffer[]>();
  for (const family of get.families ?? []) columns.set(family, []);
  for (const { family, qualifier } of get.columns ?? []) {
    const qualifiers = columns.get(family);
    if (qualifiers === undefined) columns.set(family, [qualifier]);
    else if (!(get.families ?? []).includes(family)) qualifiers.push(qualifier);
  }
  return Buffer.concat(
    [...columns].map(([family, qualifiers]) =>
      field(0x12, Buffer.concat([field(0x0a, familyBytes(family)), ...qualifiers.map((one) => field(0x12, one))])),
    ),
  );
}

function field(tag: number, bytes: Buffer): Buffer {
  const whole = Buffer.alloc(fieldBytes(bytes.length));
  writeField(whole, 0, tag, bytes);
  return whole;
}

function putFault(put: RowPut): HBaseError | undefined {
  if (put.cells.length === 0) return requestError('a put has no cells');
  for (const cell of put.cells) {
    const fault = timestampFault(cell.timestamp) ?? familyFault(cell.family);
    if (fault !== undefined) return fault;
  }
  return rowFault(put.row);
}

function deleteFault(one: RowDelete): HBaseError | undefined {
  if (one.families.length === 0) return requestError('a delete names no families');
  for (const family of one.families) {
    const fault = familyFault(family);
    if (fault !== undefined) return fault;
  }
  return timestampFault(one.timestamp) ?? rowFault(one.row);
}

function getFault(get: RowGet): HBaseError | undefined {
  for (const family of get.families ?? []) {
    const fault = familyFault(family);
    if (fault !== undefined) return fault;
  }
  return rowFault(get.row);
}

function familyFault(family: string): HBaseError | undefined {
  try {
    familyBytes(family);
    return undefined;
  } catch (error) {
    return asHBaseError(error);
  }
}
