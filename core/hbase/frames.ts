/**
 * Framing: how questions and answers lie on a connection to a master or a region server. connection.ts sends and cuts;
 * this file is pure, so that tests can hold its bytes against golden ones.
 *
 * hello    = "HBas" version:00 auth:50 (simple) length:int32 ConnectionHeader                 sent once, not answered
 * question = total:int32 varint RequestHeader varint param cells       total counts what follows; each message is
 *            preceded by its length, the cells are not: their length is in the header
 * answer   = total:int32 varint ResponseHeader [varint param] cells    no param when the header has an exception
 *
 * RequestHeader:  call_id 1, method_name 3, request_param 4, cell_block_meta 5 {length 1}, timeout 7 (ms)
 * ResponseHeader: call_id 1, exception 2 {class 1, stack trace 2, do_not_retry 5}, cell_block_meta 3 {length 1}
 */
import { protocolError, serverError } from './errors.ts';
import type { HBaseError } from './errors.ts';
import { messages } from './messages.ts';
import { fieldBytes, ProtobufReader, varintBytes, writeBytes, writeVarint } from './protobuf.ts';

const NO_BYTES = Buffer.alloc(0);
const CELL_CODEC = 'org.apache.hadoop.hbase.codec.KeyValueCodec';
/** An answer of more is no answer of ours: requests are cut and scans are bounded. */
const MOST_ANSWER_BYTES = 512 * 1024 * 1024;

export function encodeHello(service: string, user: string): Buffer {
  const header = messages.connectionHeader.encode({
    user_info: { effective_user: user },
    service_name: service,
    ...(service === 'ClientService' ? { cell_block_codec_class: CELL_CODEC } : {}),
  });
  const hello = Buffer.alloc(10 + header.length);
  hello.write('HBas', 'latin1');
  hello[5] = 0x50;
  hello.writeInt32BE(header.length, 6);
  header.copy(hello, 10);
  return hello;
}

/** Everything of a question up to its param; param and cells follow it on the wire. */
export function encodeQuestionHead(
  callId: number,
  method: string,
  paramLength: number,
  cellsLength: number,
  timeoutMs: number,
): Buffer {
  const name = Buffer.from(method, 'latin1');
  const metaLength = 1 + varintBytes(cellsLength);
  const headerLength =
    1 +
    varintBytes(callId) +
    fieldBytes(name.length) +
    2 +
    (cellsLength > 0 ? fieldBytes(metaLength) : 0) +
    1 +
    varintBytes(timeoutMs);
  const headLength = varintBytes(headerLength) + headerLength + varintBytes(paramLength);
  const head = Buffer.allocUnsafe(4 + headLength);
  let at = head.writeInt32BE(headLength + paramLength + cellsLength, 0);
  at = writeVarint(head, at, headerLength);
  head[at++] = 0x08;
  at = writeVarint(head, at, callId);
  head[at++] = 0x1a;
  at = writeBytes(head, writeVarint(head, at, name.length), name);
  head[at++] = 0x20;
  head[at++] = 1;
  if (cellsLength > 0) {
    head[at++] = 0x2a;
    at = writeVarint(head, at, metaLength);
    head[at++] = 0x08;
    at = writeVarint(head, at, cellsLength);
  }
  head[at++] = 0x38;
  at = writeVarint(head, at, timeoutMs);
  writeVarint(head, at, paramLength);
  return head;
}

export interface Answer {
  callId: number;
  error: HBaseError | undefined;
  param: Buffer;
  cells: Buffer;
}

/** Reads an answer without its leading total. */
export function decodeAnswer(frame: Buffer): Answer {
  const reader = new ProtobufReader(frame);
  const headerEnd = reader.lengthEnd();
  const header = new ProtobufReader(frame, reader.at, headerEnd);
  let callId = -1;
  let cellsLength = 0;
  let error: HBaseError | undefined;
  while (header.more) {
    const tag = header.varint();
    if (tag === 0x08) callId = header.varint();
    else if (tag === 0x12) error = decodeException(header.take());
    else if (tag === 0x1a) cellsLength = decodeCellsLength(header.take());
    else header.skip(tag);
  }
  if (callId < 0) throw protocolError('an answer names no call');
  if (error !== undefined) return { callId, error, param: NO_BYTES, cells: NO_BYTES };
  reader.at = headerEnd;
  const param = reader.take();
  const cells = frame.subarray(reader.at);
  if (cells.length !== cellsLength)
    throw protocolError(`an answer announces ${cellsLength} bytes of cells and carries ${cells.length}`);
  return { callId, error, param, cells };
}

function decodeException(bytes: Buffer): HBaseError {
  const reader = new ProtobufReader(bytes);
  let className = 'unnamed';
  let trace = '';
  let doNotRetry = false;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) className = reader.text();
    else if (tag === 0x12) trace = reader.text();
    else if (tag === 0x28) doNotRetry = reader.varint() !== 0;
    else reader.skip(tag);
  }
  return serverError(className, trace, doNotRetry);
}

function decodeCellsLength(bytes: Buffer): number {
  const reader = new ProtobufReader(bytes);
  let length = 0;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x08) length = reader.varint();
    else reader.skip(tag);
  }
  return length;
}

/** Cuts a stream of bytes into frames; holds at most one unfinished frame, and joins its pieces once. */
export class FrameCutter {
  private pieces: Buffer[] = [];
  private heldBytes = 0;
  private wantedBytes = 4;

  /** Takes what arrived and hands every finished frame, without its total, to `onFrame`. */
  push(piece: Buffer, onFrame: (frame: Buffer) => void): void {
    this.pieces.push(piece);
    this.heldBytes += piece.length;
    if (this.heldBytes < this.wantedBytes) return;
    const bytes = this.pieces.length === 1 ? piece : Buffer.concat(this.pieces, this.heldBytes);
    let at = 0;
    this.wantedBytes = 4;
    while (bytes.length - at >= 4) {
      const total = bytes.readInt32BE(at);
      if (total < 0 || total > MOST_ANSWER_BYTES) throw protocolError(`a frame that claims ${total} bytes`);
      if (bytes.length - at < 4 + total) {
        this.wantedBytes = 4 + total;
        break;
      }
      onFrame(bytes.subarray(at + 4, at + 4 + total));
      at += 4 + total;
    }
    this.pieces = at < bytes.length ? [bytes.subarray(at)] : [];
    this.heldBytes = bytes.length - at;
  }
}
