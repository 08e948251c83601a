/**
 * Multi, HBase's batch: its question and its answer by hand, since both are on the path of every detection. plan.ts
 * says what goes into one; batch.ts sends it and handles the outcomes.
 *
 * MultiRequest  = RegionAction 1 …            RegionAction = RegionSpecifier 1, Action 3 …     Action: see actions.ts
 * block         = the cells of all actions in exactly their order
 * MultiResponse = RegionActionResult 1 …      in the order of the question's regions
 * RegionActionResult = ResultOrException 1 … , or NameBytesPair 2: the exception of the whole region
 * ResultOrException  = index 1, Result 2 {associated_cell_count 2}, NameBytesPair 3 {class 1, text 2}
 *
 * Results do not come in the order of the actions: this file matches them by index. Their cells lie in the block in the
 * order of the results. The outcome of an action that the answer does not name stays `undefined`: it has failed.
 */
import type { Actions } from './actions.ts';
import { CellReader } from './cells.ts';
import { protocolError, serverError } from './errors.ts';
import type { HBaseError } from './errors.ts';
import { messages } from './messages.ts';
import type { RegionPart } from './plan.ts';
import { varintBytes, writeVarint } from '../layout/varint.ts';
import { fieldBytes, ProtobufReader, writeBytes } from './protobuf.ts';
import type { Cell } from './types.ts';

/**
 * Cells of a get (none: no such row, or a mutation that was done), an error, or undefined where the answer is silent.
 */
export type Outcome = Cell[] | HBaseError | undefined;

const NONE: Cell[] = [];

export function encodeMulti(actions: Actions, parts: readonly RegionPart[]): { param: Buffer; cells: Buffer } {
  const lengths = parts.map((part) => regionActionBytes(actions, part));
  let paramLength = 0;
  for (const length of lengths) paramLength += fieldBytes(length);
  let cellsLength = 0;
  for (const part of parts) for (const i of part.rows) cellsLength += actions.cellsBytes(i);
  const param = Buffer.allocUnsafe(paramLength);
  const cells = Buffer.allocUnsafe(cellsLength);
  let at = 0;
  let cellsAt = 0;
  for (let p = 0; p < parts.length; p++) {
    const { region, rows } = parts[p]!;
    param[at++] = 0x0a;
    at = writeVarint(param, at, lengths[p]!);
    at = writeBytes(param, at, region.specifier);
    for (let index = 0; index < rows.length; index++) {
      const i = rows[index]!;
      param[at++] = 0x1a;
      at = writeVarint(param, at, 1 + varintBytes(index) + actions.bodyBytes(i));
      param[at++] = 0x08;
      at = writeVarint(param, at, index);
      at = actions.writeBody(param, at, i);
      cellsAt = actions.writeCells(cells, cellsAt, i);
    }
  }
  return { param, cells };
}

function regionActionBytes(actions: Actions, part: RegionPart): number {
  let bytes = part.region.specifier.length;
  for (let index = 0; index < part.rows.length; index++)
    bytes += fieldBytes(1 + varintBytes(index) + actions.bodyBytes(part.rows[index]!));
  return bytes;
}

/** Outcomes per part of the question and per index. */
export function decodeMulti(param: Buffer, cells: Buffer, actionCounts: readonly number[]): Outcome[][] {
  const outcomes = actionCounts.map((count) => new Array<Outcome>(count).fill(undefined));
  const block = new CellReader(cells);
  const reader = new ProtobufReader(param);
  let part = 0;
  while (reader.more) {
    const tag = reader.varint();
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const region = outcomes[part++];
    if (region === undefined)
      throw protocolError(`Multi answers for more than the ${actionCounts.length} regions asked`);
    const end = reader.lengthEnd();
    decodeRegion(new ProtobufReader(param, reader.at, end), block, region);
    reader.at = end;
  }
  if (block.more) throw protocolError('Multi answers with more cells than its results announce');
  return outcomes;
}

function decodeRegion(reader: ProtobufReader, block: CellReader, outcomes: Outcome[]): void {
  let failure: HBaseError | undefined;
  const regionEnd = reader.end;
  while (reader.at < regionEnd) {
    const tag = reader.varint();
    if (tag === 0x0a) {
      const end = reader.lengthEnd();
      reader.end = end;
      decodeResult(reader, block, outcomes);
      reader.at = end;
      reader.end = regionEnd;
    } else if (tag === 0x12) failure = decodeException(reader.take());
    else reader.skip(tag);
  }
  if (failure !== undefined) outcomes.fill(failure);
}

function decodeResult(reader: ProtobufReader, block: CellReader, outcomes: Outcome[]): void {
  let index = 0;
  let outcome: Outcome;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x08) index = reader.varint();
    else if (tag === 0x12) {
      const count = cellCount(reader);
      outcome = count === 0 ? NONE : block.take(count);
    } else if (tag === 0x1a) outcome = decodeException(reader.take());
    else reader.skip(tag);
  }
  if (index >= outcomes.length)
    throw protocolError(`Multi answers for action ${index} of a region that was asked ${outcomes.length}`);
  outcomes[index] = outcome;
}

/** Result's associated_cell_count; the reader stands behind the message afterwards. */
function cellCount(reader: ProtobufReader): number {
  const resultEnd = reader.lengthEnd();
  const outerEnd = reader.end;
  reader.end = resultEnd;
  let count = 0;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x10) count = reader.varint();
    else if (tag === 0x0a) throw protocolError('a result carries its cells inside the message, not in the block');
    else reader.skip(tag);
  }
  reader.end = outerEnd;
  return count;
}

function decodeException(bytes: Buffer): HBaseError {
  const { name = 'unnamed', value } = messages.nameBytesPair.decode(bytes);
  return serverError(name, value?.toString('utf8') ?? '');
}
