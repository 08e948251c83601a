// Framing: golden questions and answers, every truncation, and a stream cut anywhere.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeAnswer, encodeHello, encodeQuestionHead, FrameCutter } from '../../../../core/hbase/frames.ts';

test('a connection to a region server begins with the preamble, the user, the service and the codec of cells', () => {
  const hello = encodeHello('ClientService', 'me');
  assert.equal(hello.toString('latin1', 0, 4), 'HBas');
  assert.deepEqual([...hello.subarray(4, 6)], [0, 0x50]);
  assert.equal(hello.readInt32BE(6), hello.length - 10);
  assert.equal(
    hello.toString('latin1', 10),
    '\n\x04\n\x02me\x12\x0dClientService\x1a\x2borg.apache.hadoop.hbase.codec.KeyValueCodec',
  );
  assert.equal(encodeHello('MasterService', 'me').includes('Codec'), false);
});

test('a question has its total, its header and the length of its param', () => {
  const head = encodeQuestionHead({ callId: 300, method: 'Multi', paramBytes: 5, cellsBytes: 0, timeoutMs: 1000 });
  assert.equal(head.toString('hex'), '00000016' + '0f' + '08ac02' + '1a054d756c7469' + '2001' + '38e807' + '05');
  assert.equal(head.readInt32BE(0), head.length - 4 + 5);
  const withCells = encodeQuestionHead({
    callId: 300,
    method: 'Multi',
    paramBytes: 5,
    cellsBytes: 200,
    timeoutMs: 1000,
  });
  assert.equal(
    withCells.toString('hex'),
    '000000e3' + '14' + '08ac02' + '1a054d756c7469' + '2001' + '2a0308c801' + '38e807' + '05',
  );
});

/** Header {call 7, three bytes of cells}, param "ab", cells "xyz". */
const ANSWER = Buffer.from('06' + '0807' + '1a020803' + '02' + '6162' + '78797a', 'hex');
/** Header {call 7, exception {class "a.B", trace "a.B: no\n\tat", do_not_retry}}, and nothing else. */
const REFUSAL = Buffer.from('18' + '0807' + '1214' + '0a03612e42' + '120b612e423a206e6f0a096174' + '2801', 'hex');

test('an answer is its call, its param and its cells', () => {
  const answer = decodeAnswer(ANSWER);
  assert.deepEqual(
    { ...answer, param: answer.param.toString(), cells: answer.cells.toString() },
    { callId: 7, error: undefined, param: 'ab', cells: 'xyz' },
  );
});

test('an answer with an exception carries it, without the stack trace, and has no param', () => {
  const { callId, error } = decodeAnswer(REFUSAL);
  assert.equal(callId, 7);
  assert.equal(error?.exception, 'B');
  assert.equal(error.message, 'B: no');
  assert.equal(error.fate, 'bug');
});

test('every truncation of an answer is refused', () => {
  for (const golden of [ANSWER, REFUSAL])
    for (let length = 0; length < golden.length; length++)
      assert.throws(() => decodeAnswer(golden.subarray(0, length)), { exception: 'protocol' }, `${length} bytes`);
});

test('frames come out whole however the stream is cut', () => {
  const piece = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
      (frames, sizes) => {
        const stream = Buffer.concat(frames.flatMap((frame) => [Buffer.from([0, 0, 0, frame.length]), frame]));
        const cutter = new FrameCutter();
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length;) {
          const size = sizes.next().value ?? 1;
          cutter.push(stream.subarray(at, at + size), (frame) => found.push(Buffer.from(frame)));
          at += size;
        }
        assert.deepEqual(found, frames);
      },
    ),
  );
});

test('a frame that claims an absurd size is refused before memory is set aside', () => {
  for (const length of ['ffffffff', '7fffffff'])
    assert.throws(() => new FrameCutter().push(Buffer.from(length, 'hex'), () => undefined), { exception: 'protocol' });
});
