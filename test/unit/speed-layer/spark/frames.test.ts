/** The stream from Spark is read the same in chunks of any size, and a frame that is cut or altered is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../../core/domain/detection.ts';
import type { Frame } from '../../../../speed-layer/spark/frames.ts';
import { doneFrame, failedFrame, frameReader, takenFrame } from '../../../../speed-layer/spark/frames.ts';
import { abandonBytes, answerText, closeBytes, openBytes, recordBytes, settingsBytes } from './frame-bytes.ts';

const RECORD: LogRecord = {
  partition: 11,
  offset: 9_007_199_254_740_000,
  stamp: 1_795_447_426_574,
  key: null,
  value: Buffer.from('{"a":"自転車"}'),
  headers: [
    ['sightline.stray', Buffer.from('1/2')],
    ['empty', Buffer.alloc(0)],
    ['sightline.stray', null],
  ],
};
const STREAM = Buffer.concat([
  settingsBytes({ a: 1 }),
  openBytes(1, 3, 7, 11),
  recordBytes(1, RECORD),
  recordBytes(1, { ...RECORD, stamp: -1, value: null, headers: [] }),
  closeBytes(1),
  abandonBytes(2),
]);

function readIn(sizeBytes: number): Frame[] {
  const read = frameReader();
  const frames: Frame[] = [];
  for (let at = 0; at < STREAM.length; at += sizeBytes) frames.push(...read(STREAM.subarray(at, at + sizeBytes)));
  return frames;
}

test('frames are read whatever the chunks are', () => {
  const whole = readIn(STREAM.length);
  assert.deepEqual(
    whole.map(({ kind }) => kind),
    ['settings', 'open', 'record', 'record', 'close', 'abandon'],
  );
  assert.deepEqual(whole[0], { kind: 'settings', settings: { a: 1 } });
  assert.deepEqual(whole[1], { kind: 'open', task: 1, run: 3, batch: 7, partition: 11 });
  const [, , record, bare] = whole;
  assert.ok(record?.kind === 'record' && bare?.kind === 'record');
  assert.deepEqual(record.record, RECORD);
  assert.deepEqual([bare.record.stamp, bare.record.value, bare.record.headers], [-1, null, []]);
  for (const size of [1, 2, 7, 64, 1_000]) assert.deepEqual(readIn(size), whole, `chunks of ${size}`);
});

test('a frame that is shorter than it says inside is refused', () => {
  const good = recordBytes(1, RECORD);
  for (let length = 9; length < good.length; length++) {
    const cut = Buffer.from(good.subarray(0, length));
    cut.writeUInt32BE(length - 4);
    assert.throws(() => frameReader()(cut), /does not follow the grammar/, `${length} bytes`);
  }
  const longer = Buffer.concat([good, Buffer.alloc(1)]);
  longer.writeUInt32BE(longer.length - 4);
  assert.throws(() => frameReader()(longer), /does not follow the grammar/);
  const strange = Buffer.from(good);
  strange.writeUInt8(9, 4);
  assert.throws(() => frameReader()(strange), /spark setup/);
});

test('answers say which task they are for', () => {
  assert.equal(answerText(takenFrame(7, 4_000_000_000)), 'taken 7 4000000000');
  assert.equal(answerText(doneFrame(7)), 'done 7');
  assert.equal(answerText(failedFrame(0, 4, 'größer')), 'failed 0 4 größer');
});
