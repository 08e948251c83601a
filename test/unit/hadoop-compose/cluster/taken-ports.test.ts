// A taken port is told with the daemon that needs it, the process that holds it, and the variable that moves it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { after, test } from 'node:test';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';
import type { Stack } from '../../../../hadoop-compose/stack/stack.ts';
import { refuseTakenPorts } from '../../../../hadoop-compose/cluster/taken-ports.ts';

const servers: Server[] = [];
after(() => servers.forEach((server) => server.close()));

async function listening(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

test('a port that somebody holds refuses the start and says who, and what moves it', async () => {
  const port = await listening();
  const stack: Stack = {
    folder: '/nowhere',
    jarsFolder: '/nowhere',
    ports: portsFrom({ SIGHTLINE_KAFKA_PORT: String(port) }),
  };
  await assert.rejects(refuseTakenPorts(stack, [{ daemon: 'Kafka', port: 'kafka' }]), (error: Error) => {
    assert.match(error.message, new RegExp(`port ${port}, needed by Kafka, is held by`));
    assert.match(error.message, /SIGHTLINE_KAFKA_PORT=<port> moves it/);
    if (process.platform === 'linux') assert.match(error.message, new RegExp(`process ${process.pid} `));
    return true;
  });
});

test('a port that a connection has as its own end is taken, and its process is named', async (t) => {
  const socket = connect(await listening(), '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const port = socket.localPort!;
  const stack: Stack = {
    folder: '/nowhere',
    jarsFolder: '/nowhere',
    ports: portsFrom({ SIGHTLINE_KAFKA_PORT: String(port) }),
  };
  const holder = process.platform === 'linux' ? `process ${process.pid} \\(node\\)` : 'another program';
  await assert.rejects(refuseTakenPorts(stack, [{ daemon: 'Kafka', port: 'kafka' }]), {
    message: new RegExp(`^port ${port}, needed by Kafka, is held by ${holder}; SIGHTLINE_KAFKA_PORT=<port> moves it`),
  });
});

test('a free port is no obstacle', async () => {
  const port = await listening();
  const server = servers.pop()!;
  await new Promise((resolve) => server.close(resolve));
  const stack: Stack = {
    folder: '/nowhere',
    jarsFolder: '/nowhere',
    ports: portsFrom({ SIGHTLINE_KAFKA_PORT: String(port) }),
  };
  await assert.doesNotReject(refuseTakenPorts(stack, [{ daemon: 'Kafka', port: 'kafka' }]));
});
