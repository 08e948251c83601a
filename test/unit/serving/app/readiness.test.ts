/** Readiness: one look for all who ask, quick answers, and nothing for strangers but the verdict. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import { Retryable } from '../../../../core/process/errors.ts';
import { createGate } from '../../../../serving/access/gate.ts';
import { userLine } from '../../../../serving/access/users.ts';
import type { ReadyAnswer } from '../../../../serving/answers.ts';
import { getMetrics, getReadiness } from '../../../../serving/http/health.ts';
import { sharedReadiness } from '../../../../serving/app/readiness.ts';
import { stageOf } from '../serving-double.ts';

const request = (headers: Record<string, string> = {}): Request =>
  new Request('http://127.0.0.1:3000/readyz', { headers: { host: '127.0.0.1:3000', ...headers } });
const QUIET = { info: () => undefined, warn: () => undefined } as never;

test('a hundred calls at once and a hundred after them are one look at HBase', async () => {
  const stage = stageOf();
  await Promise.all(Array.from({ length: 100 }, () => getReadiness(request(), {}, stage.serving)));
  for (let call = 0; call < 100; call++) assert.equal((await getReadiness(request(), {}, stage.serving)).status, 200);
  assert.equal(stage.asked.ping, 1);
  stage.now += 3_000;
  await getReadiness(request(), {}, stage.serving);
  assert.equal(stage.asked.ping, 2);
});

test('what is not ready is looked at again after a second, and changes are logged with the reason', async () => {
  let now = 0;
  let isReady = false;
  const lines: unknown[] = [];
  const log = { info: (line: unknown) => lines.push(line), warn: (line: unknown) => lines.push(line) } as never;
  const ask = sharedReadiness(
    async () => ({ ready: isReady, checks: [{ name: 'HBase', ok: isReady, detail: 'hbase-1:16020 is away' }] }),
    { now: () => now, log },
  );
  assert.equal((await ask()).ready, false);
  isReady = true;
  now += 999;
  assert.equal((await ask()).ready, false);
  now += 1;
  assert.equal((await ask()).ready, true);
  assert.deepEqual(lines, [{ because: 'HBase: hbase-1:16020 is away' }, 'ready']);
});

test('a look that takes too long is an answer, and the next caller does not begin another', async () => {
  let looks = 0;
  const ask = sharedReadiness(() => (looks++, new Promise<ReadyAnswer>(() => undefined)), {
    now: () => 0,
    log: QUIET,
    patienceMs: 20,
  });
  for (let call = 0; call < 3; call++) assert.equal((await ask()).ready, false);
  assert.equal(looks, 1);
});

test('strangers hear the verdict; names of hosts are for those who are let in, at a name of ours', async () => {
  const stage = stageOf();
  stage.faults = { ends: new Retryable('Kafka', 'kafka-7.internal:9092 does not answer') };
  const detailsFor = async (headers: Record<string, string> = {}): Promise<string> => {
    const response = await getReadiness(request(headers), {}, stage.serving);
    assert.equal(response.status, 503);
    return response.text();
  };
  const user = { authorization: `Basic ${Buffer.from('vera:a long password').toString('base64')}` };
  stage.gate = createGate(
    readConfig({
      AUTH: 'basic',
      AUTH_USERS: await userLine('vera', 'viewer', 'a long password'),
    } as unknown as NodeJS.ProcessEnv),
  );
  assert.doesNotMatch(await detailsFor(), /kafka-7/);
  assert.match(await detailsFor(), /"name":"log","ok":false/);
  assert.match(await detailsFor(user), /kafka-7/);
  stage.gate = createGate(readConfig({} as NodeJS.ProcessEnv));
  assert.match(await detailsFor(), /kafka-7/, 'on this machine everybody is known');
  assert.doesNotMatch(
    await detailsFor({ host: 'rebound.example' }),
    /kafka-7/,
    'but not a page whose name was made to point here',
  );
});

test('with METRICS_PORT the metrics are not on the public port any more', async () => {
  assert.equal((await getMetrics(request(), {}, stageOf().serving)).status, 200);
  const moved = await getMetrics(request(), {}, stageOf([], { METRICS_PORT: 9_464 }).serving);
  assert.deepEqual([moved.status, (await moved.text()).includes('sightline_')], [404, false]);
});
