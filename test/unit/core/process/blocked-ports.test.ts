/**
 * Ports that no browser asks: refused with the reason before anything listens there, and the table agrees with fetch
 * itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBlockedPort } from '../../../../core/process/blocked-ports.ts';
import { readConfig } from '../../../../core/process/config.ts';
import { EXIT } from '../../../../core/process/errors.ts';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';

const blocked = Array.from({ length: 65_536 }, (_, port) => port).filter(isBlockedPort);
const environment = (given: Record<string, string>): NodeJS.ProcessEnv => given as NodeJS.ProcessEnv;

test('fetch refuses every port of the table, without asking', async () => {
  assert.ok(blocked.length > 80);
  for (const port of blocked) {
    const fault: unknown = await fetch(`http://127.0.0.1:${port}/`).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.match(String(fault instanceof Error ? (fault.cause ?? fault) : fault), /bad port/, String(port));
  }
});

test('PORT, METRICS_PORT and PUBLIC_URL with such a port are refused together, with exit code 2 and the reason', () => {
  for (const port of ['6000', '6667', '5060', '10080', '22']) {
    assert.throws(
      () =>
        readConfig(
          environment({ PORT: port, METRICS_PORT: port, PUBLIC_URL: `https://sightline.example.org:${port}` }),
        ),
      ({ exitCode, message }: { exitCode: number; message: string }) =>
        exitCode === EXIT.usage &&
        ['PORT', 'METRICS_PORT', 'PUBLIC_URL'].every((name) =>
          new RegExp(`^  ${name}: port ${port} is one of those that browsers`, 'm').test(message),
        ),
    );
  }
  for (const port of ['0', '80', '443', '3000', '6001', '8080', '65535'])
    assert.equal(readConfig(environment({ PORT: port, METRICS_PORT: port })).PORT, Number(port));
  assert.equal(
    readConfig(environment({ PUBLIC_URL: 'https://sightline.example.org' })).PUBLIC_URL,
    'https://sightline.example.org',
  );
});

test('an offset that moves a page of the stack to such a port is refused; a port that only programs ask is taken', () => {
  assert.throws(
    () => portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '210' }),
    /SIGHTLINE_NAMENODE_HTTP_PORT: port 10080 is one of those/,
  );
  assert.equal(portsFrom({ SIGHTLINE_KAFKA_PORT: '6667' }).kafka, 6_667);
});
