/**
 * What serving writes to the audit trail: sign-ins, refusals and exports, with who and from where, and never a secret.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from '../../../core/process/audit.ts';
import { readConfig } from '../../../core/process/config.ts';
import { createDoor } from '../../../serving/access/door.ts';
import { createGate } from '../../../serving/access/gate.ts';
import { stampPeer } from '../../../serving/access/peer.ts';
import { userLine } from '../../../serving/access/users.ts';
import { getAuth } from '../../../serving/http/auth.ts';
import { getTopItems } from '../../../serving/http/counts.ts';
import { getExport } from '../../../serving/http/export.ts';
import { getRuns } from '../../../serving/http/reports.ts';
import { Unauthenticated } from '../../../serving/faults.ts';
import { stageOf } from './serving-double.ts';

const CHEAP = { N: 2, r: 8, p: 1 };
const basic = (name: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

async function staged(environment: Record<string, string> = {}) {
  const entries: AuditEntry[] = [];
  const audit = { record: (entry: AuditEntry) => void entries.push(entry), flush: () => undefined };
  const stage = stageOf([], {}, undefined, audit);
  const AUTH_USERS = await userLine('vera', 'viewer', 'a password of vera', CHEAP);
  stage.gate = createGate(
    readConfig({ AUTH: 'basic', AUTH_USERS, ...environment } as unknown as NodeJS.ProcessEnv),
    () => stage.now,
    audit,
  );
  const ask = (headers: Record<string, string>, path = '/'): Request => {
    const stamped: Record<string, string | string[] | undefined> = {
      host: '127.0.0.1',
      'x-request-id': 'r-1',
      ...headers,
    };
    stampPeer(stamped, '10.0.0.7');
    return new Request(`http://127.0.0.1:3000${path}`, { headers: stamped as Record<string, string> });
  };
  return { stage, entries, audit, ask };
}

test('a right password is a sign-in, a wrong one a failure, and neither what was typed nor an unknown name is written', async () => {
  const { stage, entries, ask } = await staged();
  assert.equal((await getTopItems(ask(basic('vera', 'a password of vera')), {}, stage.serving)).status, 200);
  assert.equal((await getTopItems(ask(basic('vera', 'a wrong password')), {}, stage.serving)).status, 401);
  assert.equal((await getTopItems(ask(basic('typed-my-secret-here', 'x')), {}, stage.serving)).status, 401);
  assert.deepEqual(
    entries.map(({ event, who, from, status }) => [event, who, from, status]),
    [
      ['sign_in', 'vera', '10.0.0.7', undefined],
      ['sign_in_failed', 'vera', '10.0.0.7', undefined],
      ['refused', null, '10.0.0.7', 401],
      ['sign_in_failed', null, '10.0.0.7', undefined],
      ['refused', null, '10.0.0.7', 401],
    ],
  );
  assert.doesNotMatch(JSON.stringify(entries), /password|typed-my-secret|Basic/);
});

test('a 403 and a 429 name whom they refuse, and where; other answers are not written', async () => {
  const { stage, entries, ask } = await staged({ RATE_LIMIT_PER_MINUTE: '2' });
  const headers = basic('vera', 'a password of vera');
  await getTopItems(ask(headers, '/?limit=x'), {}, stage.serving);
  await getRuns(ask(headers), {}, stage.serving);
  await getTopItems(ask(headers), {}, stage.serving);
  assert.deepEqual(entries.slice(1), [
    { event: 'refused', from: '10.0.0.7', status: 403, route: '/api/v1/runs', request_id: 'r-1', who: 'vera' },
    { event: 'refused', from: '10.0.0.7', status: 429, route: '/api/v1/top-items', request_id: 'r-1', who: 'vera' },
  ]);
});

test('an export says which rows were taken; HEAD and a bad question take none', async () => {
  const { stage, entries, ask } = await staged();
  const headers = basic('vera', 'a password of vera');
  const given = await getExport(
    ask(headers, '/?location=42&format=csv&from=2026-11-23T14:00&to=2026-11-23T15:00'),
    {},
    stage.serving,
  );
  await given.body!.cancel();
  await getExport(ask(headers, '/?format=xml'), {}, stage.serving);
  const head = ask(headers, '/?format=csv');
  await getExport(new Request(head.url, { method: 'HEAD', headers: head.headers }), {}, stage.serving);
  assert.deepEqual(entries.slice(1), [
    {
      event: 'export',
      who: 'vera',
      role: 'viewer',
      from: '10.0.0.7',
      location: '42',
      window: ['2026-11-23T14:00:00.000Z', '2026-11-23T15:00:00.000Z'],
      format: 'csv',
      request_id: 'r-1',
    },
  ]);
});

test('a sign-in at the issuer, one that it does not confirm, and leaving', async () => {
  const { stage, entries, ask } = await staged();
  stage.gate = {
    ...stage.gate,
    identify: async ({ headers }) =>
      headers.get('cookie')?.includes('session=1')
        ? { name: 'olga', role: 'operator' }
        : Promise.reject(new Unauthenticated('nobody')),
  };
  const signIn = {
    login: async () => ({ location: '/', cookies: [] }),
    callback: async ({ url }: Request) =>
      url.includes('code=good')
        ? { location: '/', cookies: ['session=1; Path=/'] }
        : Promise.reject(new Unauthenticated('not confirmed')),
    logout: async () => ({ location: '/', cookies: ['session=; Max-Age=0'] }),
  };
  const step = (name: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
    getAuth(ask(headers, path), { step: name }, stage.serving, { signIn } as never);
  await step('login', '/');
  await step('callback', '/?code=good');
  await step('callback', '/?code=bad');
  await step('logout', '/', { cookie: 'session=1' });
  assert.deepEqual(
    entries.map(({ event, who, from, role }) => [event, who, from, role]),
    [
      ['sign_in', 'olga', '10.0.0.7', 'operator'],
      ['sign_in_failed', null, '10.0.0.7', undefined],
      ['refused', null, '10.0.0.7', undefined],
      ['sign_out', 'olga', '10.0.0.7', 'operator'],
    ],
  );
});

test('a request for a host that is not ours is a refusal of the address that asked', async () => {
  const { entries, audit } = await staged();
  const response = { setHeader: () => undefined, writeHead: () => undefined, end: () => undefined };
  const door = createDoor(readConfig({ TRUSTED_PROXIES: '10.0.0.1' } as unknown as NodeJS.ProcessEnv), audit);
  for (const remoteAddress of ['10.0.0.9', '10.0.0.1']) {
    door(
      {
        url: '/',
        method: 'GET',
        headers: { host: 'evil.example', 'x-forwarded-for': '203.0.113.7' },
        socket: { remoteAddress },
      } as never,
      response as never,
    );
  }
  const refused = { event: 'refused', who: null, status: 421, route: 'host' };
  assert.deepEqual(
    entries,
    [
      { ...refused, from: '10.0.0.9' },
      { ...refused, from: '203.0.113.7' },
    ],
    'by way of a proxy that may say so, the client',
  );
});
