/**
 * A node that accepts connections and then says nothing, as one that is halted does: the frames are those of the wire.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { cassandraClient } from '../../../../../core/stores/cassandra/client.ts';
import { Retryable } from '../../../../../core/process/errors.ts';

const [STARTUP, READY] = [1, 2];
const ANSWER_OF = 0x80;
const CALL_TIMEOUT_MS = 100;

/** Answers STARTUP with READY, and nothing else; `open` are the sockets that the client has not closed. */
async function muteNode(): Promise<{ node: string; open: Set<Socket>; accepted: () => number; close(): void }> {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    socket.on('data', (frame) => {
      const [version, , high, low, opcode] = frame;
      if (opcode === STARTUP) socket.write(Buffer.from([version! | ANSWER_OF, 0, high!, low!, READY, 0, 0, 0, 0]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { node: `127.0.0.1:${port}`, open, accepted: () => accepted, close: () => void server.close() };
}

function clientOf(nodes: string) {
  const limits = { callTimeoutMs: CALL_TIMEOUT_MS, operationTimeoutMs: 4 * CALL_TIMEOUT_MS };
  return cassandraClient({ nodes, datacenter: 'datacenter1', ...limits });
}

const allClosed = async (open: ReadonlySet<Socket>): Promise<void> => {
  const closing = [...open].map((socket) => once(socket, 'close'));
  await Promise.all(closing);
};

test('a connection whose node says nothing is closed with the client', { timeout: 10_000 }, async () => {
  const { node, open, accepted, close } = await muteNode();
  const client = clientOf(node);
  await assert.rejects(client.ping(), Retryable);
  assert.equal(accepted(), 1);
  await client.close();
  await allClosed(open);
  close();
});

test('whoever waits for such a node keeps one connection at most', { timeout: 10_000 }, async () => {
  const { node, open, accepted, close } = await muteNode();
  const client = clientOf(node);
  for (let i = 0; i < 4; i++) await assert.rejects(client.ping(), Retryable);
  assert.equal(accepted(), 4);
  const left = [...open].slice(0, -1).map((socket) => (socket.destroyed ? null : once(socket, 'close')));
  await Promise.all(left);
  assert.ok(open.size <= 1, `${open.size} connections are open`);
  await client.close();
  await allClosed(open);
  close();
});

test('a client that is closed while it connects leaves no connection', { timeout: 10_000 }, async () => {
  const { node, open, close } = await muteNode();
  const client = clientOf(node);
  const asked = assert.rejects(client.ping(), Retryable);
  await client.close();
  await asked;
  await allClosed(open);
  close();
});
