/**
 * Cells as bytes: HBase's KeyValueCodec, the form in which all cells travel in both directions beside the messages.
 *
 * cell = L:int32 keyLength:int32 valueLength:int32 rowLength:int16 row familyLength:int8 family qualifier
 *        timestamp:int64 type:int8 value                      all big-endian, L counts everything after itself
 *        keyLength = 2 + row + 1 + family + qualifier + 9,    L = 8 + keyLength + valueLength
 * type: 4 put, 14 delete family (every cell of the family up to the timestamp).
 * Row "r", family "f", qualifier "q", timestamp 1, value "v":
 *        00000018 0000000f 00000001 0001 72 01 66 71 0000000000000001 04 76
 *
 * A decoded cell's buffers are views of the block that they came in: copy one before keeping it for long.
 */
import { putWord } from '../layout/bytes.ts';
import { protocolError, requestError } from './errors.ts';
import type { HBaseError } from './errors.ts';
import { writeBytes } from './protobuf.ts';
import type { Cell } from './types.ts';

export const TYPE_PUT = 4;
export const TYPE_DELETE_FAMILY = 14;

const KEY_OVERHEAD = 2 + 1 + 8 + 1;
const CELL_OVERHEAD = 4 + 8 + KEY_OVERHEAD;
export const NO_BYTES = Buffer.alloc(0);

export function cellBytes(
  rowLength: number,
  familyLength: number,
  qualifierLength: number,
  valueLength: number,
): number {
  return CELL_OVERHEAD + rowLength + familyLength + qualifierLength + valueLength;
}

/** A cell as it is written, but for its row. Without a type it puts. */
export interface WrittenCell extends Omit<Cell, 'row'> {
  readonly type?: typeof TYPE_PUT | typeof TYPE_DELETE_FAMILY;
}

/** Returns the position after the cell. The caller has checked its parts (rowFault, timestampFault). */
export function writeCell(into: Buffer, start: number, row: Buffer, cell: WrittenCell): number {
  const { qualifier, timestamp, type = TYPE_PUT, value } = cell;
  const family = familyBytes(cell.family);
  const keyLength = KEY_OVERHEAD + row.length + family.length + qualifier.length;
  let at = putWord(into, 8 + keyLength + value.length, start);
  at = putWord(into, keyLength, at);
  at = putWord(into, value.length, at);
  into[at++] = row.length >>> 8;
  into[at++] = row.length;
  at = writeBytes(into, at, row);
  into[at++] = family.length;
  at = writeBytes(into, at, family);
  at = writeBytes(into, at, qualifier);
  at = putWord(into, Math.floor(timestamp / 0x100000000), at);
  at = putWord(into, timestamp >>> 0, at);
  into[at++] = type;
  return writeBytes(into, at, value);
}

/** Why a row or timestamp cannot be written, or undefined. */
export function rowFault(row: Buffer): HBaseError | undefined {
  if (row.length > 0 && row.length <= 0x7fff) return undefined;
  return requestError(`the row key has ${row.length} bytes; HBase takes 1 to 32767`);
}

export function timestampFault(timestamp: number): HBaseError | undefined {
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return undefined;
  return requestError(`the timestamp is ${timestamp}; the caller must give an integer from 0 to 2^53 - 1`);
}

const families = new Map<string, Buffer>();

/** A family's name as bytes, encoded once a process: there are a handful. */
export function familyBytes(family: string): Buffer {
  let bytes = families.get(family);
  if (bytes === undefined) {
    bytes = Buffer.from(family, 'utf8');
    if (bytes.length === 0 || bytes.length > 127)
      throw requestError(`the family name is "${family}"; HBase takes 1 to 127 bytes`);
    families.set(family, bytes);
  }
  return bytes;
}

/** Takes cells from a block one after the other. */
export class CellReader {
  private readonly block: Buffer;
  private at = 0;
  private family = '';
  private familyBytes: Buffer = NO_BYTES;

  constructor(block: Buffer) {
    this.block = block;
  }

  get more(): boolean {
    return this.at < this.block.length;
  }

  next(): Cell {
    const { block, at } = this;
    if (at + CELL_OVERHEAD > block.length) throw protocolError(`the block of cells ends inside the cell at byte ${at}`);
    const length = block.readInt32BE(at);
    const end = at + 4 + length;
    const keyLength = block.readInt32BE(at + 4);
    const valueLength = block.readInt32BE(at + 8);
    const rowLength = block.readInt16BE(at + 12);
    const familyAt = at + 15 + rowLength;
    if (
      keyLength < 0 ||
      valueLength < 0 ||
      rowLength < 0 ||
      length !== 8 + keyLength + valueLength ||
      end > block.length
    )
      throw protocolError(
        `the cell at byte ${at} of ${block.length} claims ${length} bytes, key ${keyLength}, value ${valueLength}`,
      );
    const qualifierAt = familyAt + (familyAt <= end ? block[familyAt - 1]! : 0);
    const timestampAt = at + 12 + keyLength - 9;
    if (familyAt > timestampAt || qualifierAt > timestampAt)
      throw protocolError(`the cell at byte ${at} has a row and a family longer than its key of ${keyLength} bytes`);
    this.at = end;
    return {
      row: block.subarray(at + 14, familyAt - 1),
      family: this.familyName(familyAt, qualifierAt),
      qualifier: block.subarray(qualifierAt, timestampAt),
      timestamp: readTimestamp(block, timestampAt),
      value: block.subarray(end - valueLength, end),
    };
  }

  take(count: number): Cell[] {
    const cells: Cell[] = [];
    for (let i = 0; i < count; i++) cells.push(this.next());
    return cells;
  }

  private familyName(start: number, end: number): string {
    const known = this.familyBytes;
    let same = known.length === end - start && known.length > 0;
    for (let i = 0; same && i < known.length; i++) same = known[i] === this.block[start + i];
    if (!same) {
      this.familyBytes = this.block.subarray(start, end);
      this.family = this.familyBytes.toString('utf8');
    }
    return this.family;
  }
}

function readTimestamp(block: Buffer, at: number): number {
  const timestamp = block.readInt32BE(at) * 0x100000000 + block.readUInt32BE(at + 4);
  if (timestamp < 0 || timestamp > Number.MAX_SAFE_INTEGER)
    throw requestError(`a cell has the timestamp ${timestamp}, beyond 2^53: another program wrote this table`);
  return timestamp;
}
