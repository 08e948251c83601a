// A taken port is told with the daemon that needs it, the process that holds it, and the variable that moves it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
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

const isLinux = process.platform === 'linux';
const ofLinux = isLinux ? {} : { skip: 'Linux alone has 127.0.0.2 from the beginning, and /proc' };

/** Python holds a socket in ways that Node cannot. It prints a line when the port is taken. */
async function holder(code: string, port: number): Promise<number> {
  const child = spawn('python3', ['-c', code, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid!;
}

const stackWith = (port: number): Stack => ({
  folder: '/nowhere',
  jarsFolder: '/nowhere',
  ports: portsFrom({ SIGHTLINE_CASSANDRA_STORAGE_PORT: String(port) }),
});

test('of two processes on one port the one at the wanted address is named', ofLinux, async () => {
  const port = await listening();
  const code =
    'import socket, sys, time\ns = socket.socket()\ns.bind(("127.0.0.2", int(sys.argv[1])))\ns.listen()\n' +
    'print("taken", flush=True)\ntime.sleep(60)';
  const pid = await holder(code, port);
  const wanted = [{ daemon: 'Cassandra node 2', port: 'cassandraStorage', host: '127.0.0.2' }] as const;
  await assert.rejects(refuseTakenPorts(stackWith(port), wanted), {
    message: new RegExp(`^port ${port}, needed by Cassandra node 2, is held by process ${pid} `),
  });
  const another = [{ daemon: 'Cassandra node 3', port: 'cassandraStorage', host: '127.0.0.3' }] as const;
  await assert.doesNotReject(refuseTakenPorts(stackWith(port), another));
});

test('a port that no living process holds, as after a kill, is waited for', ofLinux, async () => {
  const port = await listening();
  // The socket lies in a queue between two others, where /proc shows it to nobody.
  const code =
    'import socket, sys, time\ns = socket.socket()\ns.bind(("127.0.0.2", int(sys.argv[1])))\ns.listen()\n' +
    'a, b = socket.socketpair()\nsocket.send_fds(a, [b"x"], [s.fileno()])\ns.close()\n' +
    'print("taken", flush=True)\ntime.sleep(1)\nb.close()\ntime.sleep(60)';
  await holder(code, port);
  const wanted = [{ daemon: 'Cassandra node 2', port: 'cassandraStorage', host: '127.0.0.2' }] as const;
  await assert.doesNotReject(refuseTakenPorts(stackWith(port), wanted));
});
