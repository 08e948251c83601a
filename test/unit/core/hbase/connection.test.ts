// One connection: answers by call id, deadlines, and the loss of everything at once.
import { afterEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { openConnection } from '../../../../core/hbase/connection.ts';
import { Gate } from '../../../../core/hbase/servers.ts';
import { closeAll, fakeServer } from './fake-server.ts';
import type { Asked } from './fake-server.ts';

afterEach(closeAll);

const question = (text: string, timeoutMs = 1_000) => ({ method: 'Echo', param: Buffer.from(text), timeoutMs });

test('answers in any order reach the calls that asked', async () => {
  const held: Asked[] = [];
  const server = await fakeServer((asked) => {
    held.push(asked);
    if (held.length === 3) for (const one of [held[2]!, held[0]!, held[1]!]) one.reply(one.param, Buffer.from('c'));
  });
  const connection = await openConnection({
    server: server.address,
    service: 'ClientService',
    access: { user: 'me' },
    timeoutMs: 1_000,
    onEnd: () => undefined,
  });
  const replies = await Promise.all(['a', 'b', 'c'].map((text) => connection.call(question(text))));
  assert.deepEqual(
    replies.map(({ param, cells }) => `${param.toString()}${cells.toString()}`),
    ['ac', 'bc', 'cc'],
  );
});

test('a server at an IPv6 address is reached there', async () => {
  const server = await fakeServer((asked) => asked.reply(asked.param), '::1');
  assert.match(server.address, /^\[::1\]:\d+$/);
  const connection = await openConnection({
    server: server.address,
    service: 'ClientService',
    access: { user: 'me' },
    timeoutMs: 1_000,
    onEnd: () => undefined,
  });
  assert.equal((await connection.call(question('a'))).param.toString(), 'a');
});

test('a call that the server refuses fails alone', async () => {
  const server = await fakeServer((asked) =>
    asked.param.toString() === 'bad' ? asked.refuse('x.CallQueueTooBigException') : asked.reply(asked.param),
  );
  const connection = await openConnection({
    server: server.address,
    service: 'ClientService',
    access: { user: 'me' },
    timeoutMs: 1_000,
    onEnd: () => undefined,
  });
  const [bad, good] = await Promise.allSettled([connection.call(question('bad')), connection.call(question('good'))]);
  assert.equal(bad.status === 'rejected' && (bad.reason as { fate: string }).fate, 'wait');
  assert.equal(good.status, 'fulfilled');
});

test('a server that does not admit us says why once, and every call fails with that', async () => {
  const server = await fakeServer((asked) =>
    asked.dismiss('org.apache.hadoop.hbase.security.AccessDeniedException', 'Authentication is required'),
  );
  const connection = await openConnection({
    server: server.address,
    service: 'ClientService',
    access: { user: 'me' },
    timeoutMs: 1_000,
    onEnd: () => undefined,
  });
  const isRefused = {
    fate: 'refuse',
    exception: 'AccessDeniedException',
    message: 'AccessDeniedException: Authentication is required',
  };
  await assert.rejects(connection.call(question('1')), isRefused);
  await assert.rejects(connection.call(question('2')), isRefused);
  assert.equal(connection.usable, false);
});

test('when the connection is lost all its calls fail at once, and later ones too', async () => {
  const server = await fakeServer((asked) => {
    if (asked.param.toString() === '3') asked.hangUp();
  });
  let reason = '';
  const connection = await openConnection({
    server: server.address,
    service: 'ClientService',
    access: { user: 'me' },
    timeoutMs: 1_000,
    onEnd: (why) => (reason = why),
  });
  const calls = await Promise.allSettled(['1', '2', '3'].map((text) => connection.call(question(text, 60_000))));
  for (const call of calls)
    assert.ok(call.status === 'rejected' && (call.reason as { isAmbiguous: boolean }).isAmbiguous);
  assert.notEqual(reason, '');
  assert.equal(connection.usable, false);
  await assert.rejects(connection.call(question('4')), {
    fate: 'relocate',
    exception: 'connection',
    isAmbiguous: false,
  });
});

test('a call has its own deadline, and its late answer is dropped', async () => {
  let late: Asked | undefined;
  const server = await fakeServer((asked) => {
    if (asked.param.toString() === 'slow') late = asked;
    else asked.reply(asked.param);
  });
  const connection = await openConnection({
    server: server.address,
    service: 'ClientService',
    access: { user: 'me' },
    timeoutMs: 1_000,
    onEnd: () => undefined,
  });
  const slow = assert.rejects(connection.call(question('slow', 60)), { exception: 'deadline', isAmbiguous: true });
  await connection.call(question('quick'));
  await slow;
  late!.reply(Buffer.from('too late'));
  assert.equal((await connection.call(question('next'))).param.toString(), 'next');
});

test('a connection that is silent for a whole deadline is given up', async () => {
  const server = await fakeServer(() => undefined);
  const connection = await openConnection({
    server: server.address,
    service: 'ClientService',
    access: { user: 'me' },
    timeoutMs: 1_000,
    onEnd: () => undefined,
  });
  const [first, second] = await Promise.allSettled([
    connection.call(question('a', 50)),
    connection.call(question('b', 60_000)),
  ]);
  assert.equal(first.status === 'rejected' && (first.reason as { exception: string }).exception, 'deadline');
  assert.equal(second.status === 'rejected' && (second.reason as { exception: string }).exception, 'connection');
});

test('a server that is not there is named, and nothing was asked of it', async () => {
  const server = await fakeServer(() => undefined);
  await server.close();
  await assert.rejects(
    openConnection({
      server: server.address,
      service: 'ClientService',
      access: { user: 'me' },
      timeoutMs: 1_000,
      onEnd: () => undefined,
    }),
    {
      fate: 'relocate',
      isAmbiguous: false,
      message: new RegExp(server.address),
    },
  );
});

test('a gate lets so many through at a time, first come, first served', async () => {
  const gate = new Gate(2);
  const caller = {};
  const order: number[] = [];
  let inside = 0;
  await Promise.all(
    Array.from({ length: 7 }, (_, i) =>
      gate
        .through(caller, async () => {
          assert.ok(++inside <= 2);
          order.push(i);
          await new Promise(setImmediate);
          inside--;
          if (i === 3) throw new Error('a failure inside');
        })
        .catch(() => undefined),
    ),
  );
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6]);
});

test('callers take turns at a gate, however much one of them has to do', async () => {
  const gate = new Gate(1);
  const order: string[] = [];
  const does = (caller: object, name: string) =>
    gate.through(caller, async () => {
      order.push(name);
      await new Promise(setImmediate);
    });
  const [long, short, shorter] = [{}, {}, {}];
  await Promise.all([
    ...['a1', 'a2', 'a3', 'a4'].map((name) => does(long, name)),
    ...['b1', 'b2'].map((name) => does(short, name)),
    does(shorter, 'c1'),
  ]);
  assert.deepEqual(order, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});
