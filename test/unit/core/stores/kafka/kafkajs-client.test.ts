// kafkajs cuts addresses at their first colon: an IPv6 broker goes in under another name and comes out as the same
// address.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostPort, parseHostPort } from '../../../../../core/process/host-port.ts';
import { hostForSocket, kafkaJsClient, namedForKafkaJs } from '../../../../../core/stores/kafka/kafkajs-client.ts';

test('every address survives the way through kafkajs', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().map((one) => one.toLowerCase()),
        fc.domain(),
      ),
      fc.integer({ min: 1, max: 65_535 }),
      (host, port) => {
        const [seenHost, seenPort, ...rest] = namedForKafkaJs(hostPort(host, port)).split(':');
        assert.deepEqual([hostForSocket(seenHost!), Number(seenPort), rest], [host, port, []]);
      },
    ),
  );
  assert.equal(namedForKafkaJs(parseHostPort('ipv6-cluster:9092')!), 'ipv6-cluster:9092');
  assert.equal(hostForSocket('ipv6-cluster'), 'ipv6-cluster');
});

test('a broker at an IPv6 address is asked there', async (t) => {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '::1');
  await once(server, 'listening');
  t.after(() => server.close());
  const asked = once(server, 'connection');
  const admin = kafkaJsClient(
    { KAFKA_BROKERS: hostPort('::1', (server.address() as AddressInfo).port) },
    'test',
    1_000,
  ).admin();
  const refused = assert.rejects(admin.connect());
  await asked;
  await refused;
});
