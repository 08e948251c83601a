// The hand-written varints against protobufjs', and the reader against every way of ending too early.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { varintBytes, writeVarint } from '../../../../core/layout/varint.ts';
import { fieldBytes, ProtobufReader, writeField } from '../../../../core/hbase/protobuf.ts';

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(varintBytes(value));
  assert.equal(writeVarint(bytes, 0, value), bytes.length);
  return bytes;
}

test('an integer has the bytes that protobufjs gives it, and is read again', () => {
  const edges = [
    0,
    1,
    127,
    128,
    16383,
    16384,
    2 ** 21 - 1,
    2 ** 21,
    2 ** 28 - 1,
    2 ** 28,
    2 ** 32,
    2 ** 35 - 1,
    2 ** 35,
    2 ** 53 - 1,
  ];
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat()), (value) => {
      const bytes = varint(value);
      assert.deepEqual(bytes, Buffer.from(protobuf.Writer.create().uint64(value).finish()));
      assert.equal(new ProtobufReader(bytes).varint(), value);
      for (let length = 0; length < bytes.length; length++)
        assert.throws(() => new ProtobufReader(bytes.subarray(0, length)).varint(), { exception: 'protocol' });
    }),
  );
});

test('an integer beyond 2^53 is refused where its value matters, and skipped where it does not', () => {
  const bytes = Buffer.from(protobuf.Writer.create().int64(-1).finish());
  assert.throws(() => new ProtobufReader(bytes).varint(), { exception: 'protocol' });
  const reader = new ProtobufReader(bytes);
  reader.skip(0x08);
  assert.equal(reader.more, false);
});

test('unknown fields of every wire type are skipped, and never past the end', () => {
  for (const [tag, body] of [
    [0x08, '9601'],
    [0x09, '0000000000000000'],
    [0x0a, '03616263'],
    [0x0d, '00000000'],
  ] as const) {
    const bytes = Buffer.from(body, 'hex');
    const reader = new ProtobufReader(bytes);
    reader.skip(tag);
    assert.equal(reader.more, false);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => new ProtobufReader(bytes.subarray(0, length)).skip(tag), { exception: 'protocol' });
  }
  assert.throws(() => new ProtobufReader(Buffer.alloc(9)).skip(0x0b), { exception: 'protocol' });
});

test('bytes are written with their tag and length, and taken again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
      const value = Buffer.from(array);
      const bytes = Buffer.alloc(fieldBytes(value.length));
      assert.equal(writeField(bytes, 0, 0x12, value), bytes.length);
      const reader = new ProtobufReader(bytes);
      assert.equal(reader.varint(), 0x12);
      assert.deepEqual(reader.take(), value);
    }),
  );
});
