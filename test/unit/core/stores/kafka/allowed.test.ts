// What a broker's answers mean for the rights of a user: a code that passes is no missing right. A server in the place
// of the broker answers with codes that a real one gives for a moment only.
import assert from 'node:assert/strict';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { Refusal } from '../../../../../core/process/errors.ts';
import { allowedOnGroup, allowedOnTopic } from '../../../../../core/stores/kafka/allowed.ts';
import { array, i16, i32, i8, str } from '../../../../../core/stores/kafka/frames.ts';

const [METADATA, COORDINATOR, GROUPS] = [3, 10, 15];
const READ_AND_DESCRIBE = (1 << 3) | (1 << 8);
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, LEADER_NOT_AVAILABLE. */
const [LOADS, NOT_AVAILABLE, MOVED, NO_LEADER] = [14, 15, 16, 5];
const [NO_TOPIC, TOPIC_REFUSED, GROUP_REFUSED, GROUP_INVALID] = [3, 29, 30, 24];

type Codes = Readonly<Record<number, number[]>>;

const servers: Server[] = [];
after(() => servers.forEach((server) => server.close()));

/** A broker that answers each kind of question with these codes, one after the other, and then with 0. */
async function settingsOf(codes: Codes): Promise<Parameters<typeof allowedOnGroup>[0]> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (request: Buffer) => {
      const kind = request.readInt16BE(4);
      const body = answerTo(kind, codes[kind]?.shift() ?? 0, (server.address() as AddressInfo).port);
      socket.write(Buffer.concat([i32(body.length + 4), request.subarray(8, 12), body]));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { KAFKA_BROKERS: `127.0.0.1:${port}` } as Parameters<typeof allowedOnGroup>[0];
}

function answerTo(kind: number, error: number, port: number): Buffer {
  const one = (...parts: Buffer[]): Buffer => array([Buffer.concat(parts)], (bytes) => bytes);
  const none = array([], i32);
  const bits = i32(error === 0 ? READ_AND_DESCRIBE : -(2 ** 31));
  if (kind === METADATA)
    return Buffer.concat([
      ...[i32(0), one(i32(1), str('127.0.0.1'), i32(port), i16(-1)), str('cluster'), i32(1)],
      ...[one(i16(error), str('detections'), i8(0), none, bits), i32(0)],
    ]);
  if (kind === COORDINATOR)
    return Buffer.concat([i16(error), i32(error === 0 ? 1 : -1), str(error === 0 ? '127.0.0.1' : ''), i32(port)]);
  assert.equal(kind, GROUPS);
  return Buffer.concat([i32(0), one(i16(error), str('g'), str('Empty'), str(''), str(''), none, bits)]);
}

test('a cluster that never had a group, and a coordinator that moves or loads, are asked again', async () => {
  const settings = await settingsOf({ [COORDINATOR]: [NOT_AVAILABLE, NOT_AVAILABLE], [GROUPS]: [MOVED, LOADS] });
  assert.deepEqual(await allowedOnGroup(settings, 'g'), ['READ', 'DESCRIBE']);
});

test('a topic whose leader is being chosen is asked for again', async () => {
  const settings = await settingsOf({ [METADATA]: [NO_LEADER] });
  assert.deepEqual(await allowedOnTopic(settings, 'detections'), ['READ', 'DESCRIBE']);
});

test('a refusal for want of a right means that nothing is allowed', async () => {
  assert.deepEqual(await allowedOnGroup(await settingsOf({ [COORDINATOR]: [GROUP_REFUSED] }), 'g'), []);
  assert.deepEqual(await allowedOnGroup(await settingsOf({ [GROUPS]: [GROUP_REFUSED] }), 'g'), []);
  assert.deepEqual(await allowedOnTopic(await settingsOf({ [METADATA]: [TOPIC_REFUSED] }), 'detections'), []);
});

test('what will not pass is said at once', async () => {
  await assert.rejects(allowedOnGroup(await settingsOf({ [COORDINATOR]: [GROUP_INVALID] }), 'g'), Refusal);
  await assert.rejects(
    allowedOnTopic(await settingsOf({ [METADATA]: [NO_TOPIC] }), 'detections'),
    /topic detections is not there; "sightline prepare" creates it/,
  );
});
