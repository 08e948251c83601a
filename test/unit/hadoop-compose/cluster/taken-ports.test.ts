/** Who holds a port is found also where no program listens: an outgoing connection can have been given it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ownerOf, refuseTakenPorts } from '../../../../hadoop-compose/cluster/taken-ports.ts';
import { portsFrom } from '../../../../hadoop-compose/cluster/ports.ts';

test('a port that a connection has as its own end is taken, and its process is named', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, 'connect');
  const taken = socket.localPort!;
  assert.equal(ownerOf(taken)?.pid, process.pid);
  const stack = { folder: '/somewhere/stack', jarsFolder: '/somewhere/jars', ports: portsFrom({ SIGHTLINE_KAFKA_PORT: String(taken) }) };
  await assert.rejects(refuseTakenPorts(stack, [{ daemon: 'Kafka', port: 'kafka' }]), {
    message: new RegExp(`^port ${taken}, needed by Kafka, is held by process ${process.pid} \\(node\\); SIGHTLINE_KAFKA_PORT=<port> moves it`),
  });
});
