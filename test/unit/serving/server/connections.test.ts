/**
 * A server that is told to stop waits for answers, and for nothing else. The limits that must not matter are so long
 * that waiting for one fails the test.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { connectionsOf } from '../../../../serving/server/connections.ts';

const NEVER_MS = 600_000;

async function listening(t: TestContext, answer: RequestListener) {
  const server = createServer(answer);
  const connections = connectionsOf(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const ask = async (path = '/'): Promise<IncomingMessage> =>
    (await once(get({ port, path, host: '127.0.0.1' }), 'response'))[0] as IncomingMessage;
  return { connections, port, ask };
}

const textOf = async (response: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const piece of response) text += String(piece);
  return text;
};

test('a connection that asked nothing yet does not hold up the stop', async (t) => {
  const { connections, port } = await listening(t, (_, response) => response.end());
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  // The server has it when it has a later one.
  const later = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(later, 'connect');
  await connections.close({ streamMs: NEVER_MS, answerMs: NEVER_MS });
  await closed;
  assert.ok(socket.destroyed);
});

test('an answer that is under way is given whole, then its connection goes', async (t) => {
  let end = (): void => undefined;
  const { connections, ask } = await listening(t, (_, response) => {
    response.write('first ');
    end = () => response.end('last');
  });
  const text = textOf(await ask());
  const closed = connections.close({ streamMs: 0, answerMs: NEVER_MS });
  setTimeout(end, 20);
  assert.equal(await text, 'first last');
  await closed;
});

test('a stream whose client does not read is cut, an answer beside it is not', async (t) => {
  let end = (): void => undefined;
  const { connections, ask } = await listening(t, (request, response) => {
    if (request.url === '/stream') {
      response.setHeader('content-type', 'text/event-stream');
      response.write(Buffer.alloc(32 << 20));
      response.end();
      return;
    }
    response.write('whole ');
    end = () => response.end('answer');
  });
  const stream = await ask('/stream');
  stream.on('error', () => undefined);
  const text = textOf(await ask());
  const closed = connections.close({ streamMs: 20, answerMs: NEVER_MS });
  setTimeout(end, 100);
  assert.equal(await text, 'whole answer');
  await closed;
  assert.equal(stream.complete, false);
});

test('what is left after the limit of answers is cut', async (t) => {
  const { connections, ask } = await listening(t, (_, response) => void response.write('never ends'));
  const text = textOf(await ask());
  text.catch(() => undefined);
  await connections.close({ streamMs: NEVER_MS, answerMs: 20 });
  await assert.rejects(text);
});
