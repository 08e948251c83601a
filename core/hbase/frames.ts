/**
 * Framing: how questions and answers lie on a connection to a master or a region server. connection.ts sends and
 * receives them; this file is pure, so that tests can compare its bytes with golden ones.
 *
 * hello    = "HBas" version:00 auth:50 (simple) length:int32 ConnectionHeader                 sent once, not answered;
 *            after a sign-in (sign-in.ts) the length and the header alone
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
import { varintBytes, writeVarint } from '../layout/varint.ts';
import { ProtobufReader, writeBytes } from './protobuf.ts';

const NO_BYTES = Buffer.alloc(0);
const CELL_CODEC = 'org.apache.hadoop.hbase.codec.KeyValueCodec';
/** More than any answer to our requests, which are bounded. */
const MOST_ANSWER_BYTES = 512 * 1024 * 1024;

export function encodeHello(service: string, user: string): Buffer {
  return Buffer.concat([SIMPLE_PREAMBLE, encodeHeader(service, user)]);
}

/** After a sign-in: without a user, since the server knows whose ticket it saw. */
export function encodeSignedHello(service: string): Buffer {
  return encodeHeader(service, null);
}

const SIMPLE_PREAMBLE = Buffer.from('HBas\x00\x50', 'latin1');

function encodeHeader(service: string, user: string | null): Buffer {
  const header = messages.connectionHeader.encode({
    ...(user === null ? {} : { user_info: { effective_user: user } }),
    service_name: service,
    ...(service === 'ClientService' ? { cell_block_codec_class: CELL_CODEC } : {}),
  });
  const bytes = Buffer.alloc(4 + header.length);
  bytes.writeInt32BE(header.length, 0);
  header.copy(bytes, 4);
  return bytes;
}

export interface QuestionHead {
  readonly callId: number;
  readonly method: string;
  readonly paramBytes: number;
  readonly cellsBytes: number;
  readonly timeoutMs: number;
}

/** Everything of a question up to its param; param and cells follow it on the wire. */
export function encodeQuestionHead({ callId, method, paramBytes, cellsBytes, timeoutMs }: QuestionHead): Buffer {
  const header = messages.requestHeader.encode({
    call_id: callId,
    method_name: method,
    request_param: true,
    ...(cellsBytes > 0 ? { cell_block_meta: { length: cellsBytes } } : {}),
    timeout: timeoutMs,
  });
  const headBytes = varintBytes(header.length) + header.length + varintBytes(paramBytes);
  const head = Buffer.allocUnsafe(4 + headBytes);
  let at = head.writeInt32BE(headBytes + paramBytes + cellsBytes, 0);
  at = writeVarint(head, at, header.length);
  at = writeBytes(head, at, header);
  writeVarint(head, at, paramBytes);
  return head;
}

export interface Answer {
  readonly callId: number;
  readonly error: HBaseError | undefined;
  readonly param: Buffer;
  readonly cells: Buffer;
}

/** Reads an answer without its leading total. */
export function decodeAnswer(frame: Buffer): Answer {
  const reader = new ProtobufReader(frame);
  const { call_id: callId, exception, cell_block_meta } = messages.responseHeader.decode(reader.take());
  if (callId === undefined) throw protocolError('an answer names no call');
  if (exception !== undefined) {
    const { exception_class_name = 'unnamed', stack_trace = '', do_not_retry } = exception;
    const error = serverError(exception_class_name, stack_trace, do_not_retry);
    return { callId, error, param: NO_BYTES, cells: NO_BYTES };
  }
  const param = reader.take();
  const cells = frame.subarray(reader.at);
  const cellsBytes = cell_block_meta?.length ?? 0;
  if (cells.length !== cellsBytes)
    throw protocolError(`an answer announces ${cellsBytes} bytes of cells and has ${cells.length}`);
  return { callId, error: undefined, param, cells };
}

/** Cuts a stream of bytes into frames; keeps at most one unfinished frame, and joins its pieces once. */
export class FrameCutter {
  private pieces: Buffer[] = [];
  private heldBytes = 0;
  private wantedBytes = 4;

  /** Adds the bytes that arrived, and passes every finished frame, without its total, to `onFrame`. */
  push(piece: Buffer, onFrame: (frame: Buffer) => void): void {
    this.pieces.push(piece);
    this.heldBytes += piece.length;
    if (this.heldBytes < this.wantedBytes) return;
    const bytes = this.pieces.length === 1 ? piece : Buffer.concat(this.pieces, this.heldBytes);
    let at = 0;
    this.wantedBytes = 4;
    while (bytes.length - at >= 4) {
      const total = bytes.readInt32BE(at);
      if (total < 0 || total > MOST_ANSWER_BYTES)
        throw protocolError(`a frame claims ${total} bytes, and ${MOST_ANSWER_BYTES} are expected at most`);
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
