/**
 * The frames between Spark and the process that decides: what Java writes to our standard input, and what we answer.
 *
 * java/sightline/speed/NodeProcess.java is the other end. Everything is big-endian, and there is one stream in each
 * direction for all tasks of an executor:
 *
 *   frame    = length:u32 kind:u8 task:u32 body       the length is that of kind, task and body; tasks count from 1
 *
 *   to us      0 settings  JSON                       the first frame, of task 0
 *              1 open      run:u32 batch:u32 partition:u32
 *                                                     a task begins to read a partition; its first record follows
 *              2 record    partition:u32 offset:u64 stamp:i64 key value count:u32 (name value) × count
 *              3 close                                the task has no more records, and waits for `done`
 *              4 abandon                              the task has ended with a fault, and waits for nothing
 *   from us    5 taken     bytes:u32                  so many bytes of its frames no longer wait
 *              6 done                                 all effects of the task's records are in HBase
 *              7 failed    exit:u8 text               the task must fail; of task 0: the process has failed
 *
 *   key, value, name = length:i32 bytes               −1: null
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import { withinLimit } from '../../core/layout/log.ts';

export type Frame =
  | { readonly kind: 'settings'; readonly settings: unknown }
  | {
      readonly kind: 'open';
      readonly task: number;
      readonly run: number;
      /** Of the run, from 0. */
      readonly batch: number;
      readonly partition: number;
    }
  | { readonly kind: 'record'; readonly task: number; readonly record: LogRecord; readonly bytes: number }
  | { readonly kind: 'close'; readonly task: number }
  | { readonly kind: 'abandon'; readonly task: number };

const KINDS = { settings: 0, open: 1, record: 2, close: 3, abandon: 4, taken: 5, done: 6, failed: 7 } as const;
const LENGTH_BYTES = 4;
const HEAD_BYTES = LENGTH_BYTES + 1 + 4;
const NO_HEADERS: LogRecord['headers'] = [];
const TWO_TO_32 = 4_294_967_296;

/** Returns what takes the stream in chunks of any size and returns the frames that each chunk completes. */
export function frameReader(): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      frames.push(readFrame(bytes.subarray(at, end)));
      at = end;
    }
    rest = bytes.subarray(at);
    return frames;
  };
}

/** Of one whole frame. Throws if the frame does not follow the grammar. */
function readFrame(bytes: Buffer): Frame {
  if (bytes.length < HEAD_BYTES) throw malformed(bytes);
  const kind = bytes.readUInt8(LENGTH_BYTES);
  const task = bytes.readUInt32BE(LENGTH_BYTES + 1);
  const expectLength = (length: number): void => {
    if (bytes.length !== length) throw malformed(bytes);
  };
  switch (kind) {
    case KINDS.settings:
      return { kind: 'settings', settings: JSON.parse(bytes.toString('utf8', HEAD_BYTES)) };
    case KINDS.open:
      expectLength(HEAD_BYTES + 12);
      return {
        kind: 'open',
        task,
        run: bytes.readUInt32BE(HEAD_BYTES),
        batch: bytes.readUInt32BE(HEAD_BYTES + 4),
        partition: bytes.readUInt32BE(HEAD_BYTES + 8),
      };
    case KINDS.record:
      return { kind: 'record', task, record: readRecord(bytes), bytes: bytes.length };
    case KINDS.close:
      expectLength(HEAD_BYTES);
      return { kind: 'close', task };
    case KINDS.abandon:
      expectLength(HEAD_BYTES);
      return { kind: 'abandon', task };
    default:
      throw malformed(bytes);
  }
}

function readRecord(bytes: Buffer): LogRecord {
  let at = HEAD_BYTES;
  const word = (): number => {
    if (at + 4 > bytes.length) throw malformed(bytes);
    return bytes.readUInt32BE((at += 4) - 4);
  };
  const content = (): Buffer | null => {
    const length = word() | 0;
    if (length === -1) return null;
    if (length < 0 || at + length > bytes.length) throw malformed(bytes);
    return bytes.subarray(at, (at += length));
  };
  const partition = word();
  const offset = word() * TWO_TO_32 + word();
  const stamp = (word() | 0) * TWO_TO_32 + word();
  const key = withinLimit(content());
  const value = withinLimit(content());
  const count = word();
  const headers: [string, Buffer | null][] = [];
  for (let i = 0; i < count; i++) headers.push([content()?.toString('utf8') ?? '', content()]);
  if (at !== bytes.length) throw malformed(bytes);
  return { partition, offset, stamp, key, value, headers: headers.length === 0 ? NO_HEADERS : headers };
}

function malformed(bytes: Buffer): Error {
  const kind = bytes.length > LENGTH_BYTES ? bytes.readUInt8(LENGTH_BYTES) : 'no';
  return new Error(
    `A frame of kind ${kind} and ${bytes.length} bytes does not follow the grammar of speed-layer/spark/frames.ts: ` +
      'the classes that Spark loads are of another version. Run "sightline spark setup".',
  );
}

// ---- answers ------------------------------------------------------------------------------------------------------

export const takenFrame = (task: number, bytes: number): Buffer => {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(bytes);
  return frame(KINDS.taken, task, body);
};

export const doneFrame = (task: number): Buffer => frame(KINDS.done, task, Buffer.alloc(0));

/** `task` 0: the whole process has failed. */
export const failedFrame = (task: number, exitCode: number, text: string): Buffer =>
  frame(KINDS.failed, task, Buffer.concat([Buffer.from([exitCode]), Buffer.from(text, 'utf8')]));

function frame(kind: number, task: number, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(HEAD_BYTES - LENGTH_BYTES + body.length);
  head.writeUInt8(kind, LENGTH_BYTES);
  head.writeUInt32BE(task, LENGTH_BYTES + 1);
  return Buffer.concat([head, body]);
}
