/** A look at a cluster ends in time, whatever a broker does, and reads answers as the protocol has them. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { after, test } from 'node:test';
import { Retryable } from '../../../../../core/process/errors.ts';
import { readMetadata, stampIn } from '../../../../../core/stores/kafka/broker-questions.ts';
import { kafkaCluster } from '../../../../../core/stores/kafka/cluster-facts.ts';
import { Answer, array, i16, i32, i8, str } from '../../../../../core/stores/kafka/frames.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

async function broker(onData: (socket: Socket, request: Buffer) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => onData(socket, bytes));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const all = { hasTopic: () => true, hasGroup: () => true };
const look = (port: number, limitMs: number) =>
  kafkaCluster({ KAFKA_BROKERS: `127.0.0.1:${port}` as never }).look({ ...all, signal: AbortSignal.timeout(limitMs) });

const partitionBytes = ([partition, leader]: readonly [number, number]): Buffer =>
  Buffer.concat([i16(leader < 0 ? 5 : 0), i32(partition), i32(leader), array([1, 2], i32), array([2], i32)]);
const metadata = (port: number): Buffer =>
  Buffer.concat([
    array([1], () => Buffer.concat([i32(1), str('127.0.0.1'), i32(port), i16(-1)])),
    i32(1),
    array(['a', 'b'], (topic) =>
      Buffer.concat([
        i16(0),
        str(topic),
        i8(0),
        array(
          [
            [0, 1],
            [1, -1],
          ],
          partitionBytes,
        ),
      ]),
    ),
  ]);
const framed = (correlation: number, body: Buffer): Buffer =>
  Buffer.concat([i32(body.length + 4), i32(correlation), body]);

test('metadata is read whole, a partition without a leader too, and every truncation is refused', () => {
  const bytes = metadata(9092);
  const { brokers, partitions } = readMetadata(new Answer(bytes), (topic) => topic === 'b');
  assert.deepEqual(brokers, [{ id: 1, address: '127.0.0.1:9092' }]);
  assert.deepEqual(partitions, [
    { topic: 'b', partition: 0, leader: 1, replicas: [1, 2], inSync: [2] },
    { topic: 'b', partition: 1, leader: -1, replicas: [1, 2], inSync: [2] },
  ]);
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => readMetadata(new Answer(bytes.subarray(0, length)), () => true), RangeError, `${length} bytes`);
});

test('a broker that takes the connection and says nothing, and one that is not there, end the look at its limit', async () => {
  const began = performance.now();
  await assert.rejects(look(await broker(() => undefined), 300), Retryable);
  const gone = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => gone.once('listening', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  await assert.rejects(look(port, 300), /no broker answered: 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  assert.ok(performance.now() - began < 1_500);
});

test('a broker that tells its metadata and then no more costs what it holds, and the rest of the look is shown', async () => {
  const port = await broker((socket, request) => {
    if (request.readInt16BE(4) === 3) socket.write(framed(request.readInt32BE(8), metadata(port)));
  });
  const { brokers, partitions, groups, faults } = await look(port, 400);
  assert.equal(brokers.length, 1);
  assert.deepEqual(
    partitions.map(({ ends }) => ends),
    [null, null, null, null],
  );
  assert.deepEqual(groups, []);
  assert.equal(faults.length, 2, faults.join('; '));
});

test('what is not Kafka is left at once', async () => {
  const port = await broker((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await assert.rejects(look(port, 2_000), /this is not Kafka's protocol/);
});

test("a record's stamp is its batch's: the broker's where the broker stamps, else the first of the batch", () => {
  const batch = (attributes: number, magic = 2): Buffer => {
    const bytes = Buffer.alloc(61);
    bytes.writeInt8(magic, 16);
    bytes.writeInt16BE(attributes, 21);
    bytes.writeBigInt64BE(1_000n, 27);
    bytes.writeBigInt64BE(2_000n, 35);
    return bytes;
  };
  assert.deepEqual(
    [stampIn(batch(8)), stampIn(batch(0)), stampIn(batch(8 | 4)), stampIn(batch(0, 1)), stampIn(Buffer.alloc(0))],
    [2_000, 1_000, 2_000, null, null],
  );
});
