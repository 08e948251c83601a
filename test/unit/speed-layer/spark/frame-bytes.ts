/** Frames as Java writes them, for tests of what reads them. */
import type { LogRecord } from '../../../../core/domain/detection.ts';

function frame(kind: number, task: number, body: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(5 + body.length);
  head.writeUInt8(kind, 4);
  head.writeUInt32BE(task, 5);
  return Buffer.concat([head, body]);
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
const content = (bytes: Buffer | null): Buffer =>
  bytes === null ? word(-1) : Buffer.concat([word(bytes.length), bytes]);

export const settingsBytes = (settings: unknown): Buffer => frame(0, 0, Buffer.from(JSON.stringify(settings)));
export const openBytes = (task: number, run: number, batch: number, partition: number): Buffer =>
  frame(1, task, Buffer.concat([word(run), word(batch), word(partition)]));
export const recordBytes = (task: number, { partition, offset, stamp, key, value, headers }: LogRecord): Buffer =>
  frame(
    2,
    task,
    Buffer.concat([
      ...[word(partition), long(offset), long(stamp), content(key), content(value), word(headers.length)],
      ...headers.flatMap(([name, text]) => [content(Buffer.from(name)), content(text)]),
    ]),
  );
export const closeBytes = (task: number): Buffer => frame(3, task, Buffer.alloc(0));
export const abandonBytes = (task: number): Buffer => frame(4, task, Buffer.alloc(0));

/** Answers as Java reads them: `taken 1 40`, `done 1`, `failed 1 5 text`. */
export function answerText(bytes: Buffer): string {
  const [kind, task, body] = [bytes.readUInt8(4), bytes.readUInt32BE(5), bytes.subarray(9)];
  if (bytes.readUInt32BE(0) !== bytes.length - 4) throw new Error('the length is not that of the frame');
  if (kind === 5) return `taken ${task} ${body.readUInt32BE(0)}`;
  return kind === 6 ? `done ${task}` : `failed ${task} ${body[0]} ${body.toString('utf8', 1)}`;
}
