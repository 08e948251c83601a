// Addresses of servers: what is read is written the same way, and an IPv6 address is never cut at its own colons.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hostPort,
  inUrl,
  isLoopback,
  namedHostPort,
  parseHost,
  parseHostPort,
  parseHostPorts,
  partsOf,
  reachable,
} from '../../../../core/process/host-port.ts';

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((one) => one.toLowerCase()),
  fc.domain(),
);
const port = fc.integer({ min: 1, max: 65_535 });

test('an address survives being written, read and taken apart, whatever kind it is', () => {
  fc.assert(
    fc.property(address, port, (host, number) => {
      const written = hostPort(host, number);
      assert.equal(parseHostPort(written), written);
      assert.deepEqual(partsOf(written), { host, port: number });
      assert.equal(new URL(`http://${written}`).port || '80', String(number));
    }),
  );
});

test('IPv6 addresses stand in brackets, and one without is refused and not guessed at', () => {
  assert.deepEqual(partsOf(parseHostPort('[::1]:9092')!), { host: '::1', port: 9_092 });
  for (const wrong of [
    '::1:9092',
    '::1',
    '[::1]',
    '[::1]9092',
    '[127.0.0.1]:9092',
    '[fe80::1%eth0]:9092',
    'kafka',
    'kafka:',
    ':9092',
    'kafka:0',
    'kafka:65536',
    'a b:1',
    'http://kafka:9092',
    'kafka:9092/x',
  ]) {
    assert.equal(parseHostPort(wrong), null, wrong);
  }
  assert.deepEqual(parseHostPorts('one:1, [::2]:2'), ['one:1', '[::2]:2']);
  assert.equal(parseHostPorts('one:1,'), null);
});

test('a server that HBase names is read with brackets and without, and both are one key', () => {
  assert.equal(namedHostPort('[fd00::7]:16020'), '[fd00::7]:16020');
  assert.equal(namedHostPort('fd00::7:16020'), '[fd00::7]:16020');
  assert.equal(namedHostPort('rs-1.example.org:16020'), 'rs-1.example.org:16020');
  assert.equal(namedHostPort(''), null);
  assert.equal(namedHostPort('rs-1'), null);
});

test('a host to listen on may come in brackets, and has none afterwards', () => {
  assert.deepEqual(['::1', '[::1]', '127.0.0.1', 'localhost', '::'].map(parseHost), [
    '::1',
    '::1',
    '127.0.0.1',
    'localhost',
    '::',
  ]);
  assert.deepEqual(
    ['', '127.0.0.1:3000', '[::1]:3000', 'http://x', 'a b', 'fe80::1%lo', '[localhost]'].map(parseHost),
    Array(7).fill(null),
  );
  assert.deepEqual(['::1', '127.0.0.1', 'localhost'].map(inUrl), ['[::1]', '127.0.0.1', 'localhost']);
});

test('a server that listens on any address is reached on this machine', () => {
  assert.deepEqual(['0.0.0.0', '::', '[::]', '0:0::0', '10.0.0.7', '::1'].map(reachable), [
    '127.0.0.1',
    '::1',
    '::1',
    '::1',
    '10.0.0.7',
    '::1',
  ]);
});

test('loopback is known in all its spellings, and nothing else passes for it', () => {
  for (const host of [
    '127.0.0.1',
    '127.8.8.8',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST.',
    'app.localhost',
  ])
    assert.ok(isLoopback(host), host);
  for (const host of [
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    '::2',
    '127.example.org',
    'localhost.example.org',
    '',
  ])
    assert.ok(!isLoopback(host), host);
});
