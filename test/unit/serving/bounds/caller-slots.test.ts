/** Places by caller: one who takes all that one may leaves the others theirs, and gets a 429 that says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import { createGate } from '../../../../serving/access/gate.ts';
import { stampPeer } from '../../../../serving/access/peer.ts';
import { callerSlots } from '../../../../serving/bounds/caller-slots.ts';
import { getExport } from '../../../../serving/http/export.ts';
import { getStream } from '../../../../serving/http/stream.ts';
import { oid } from '../../../../core/domain/oid.ts';
import type { Stage } from '../serving-double.ts';
import { stageOf } from '../serving-double.ts';
import { NOW } from '../world.ts';

/** A few rows, so that an export has something to hold back; more places in all than one caller may hold. */
function stagedFor(environment: Record<string, string>): Stage {
  const rows = Array.from({ length: 2_000 }, (_, n) => ({
    id: oid(n),
    location: oid(42),
    item: 'car',
    detectedAt: NOW - 60_000,
    arrival: NOW - 59_000,
  }));
  const stage = stageOf(rows, {
    EXPORTS_AT_ONCE: 4,
    EXPORTS_PER_CALLER: 2,
    STREAM_CONNECTIONS: 4,
    STREAMS_PER_CALLER: 2,
  });
  stage.gate = createGate(readConfig(environment as NodeJS.ProcessEnv), () => stage.now);
  return stage;
}

function requestFrom(peer: string, headers: Record<string, string> = {}): Request {
  const stamped: Record<string, string | string[] | undefined> = { host: '127.0.0.1', ...headers };
  stampPeer(stamped, peer);
  return new Request('http://127.0.0.1:3000/?format=csv', { headers: stamped as Record<string, string> });
}

const refusals = async (stage: Stage): Promise<Record<string, number>> => {
  const { values } = await stage.serving.metrics.registry.getSingleMetric('sightline_places_refused_total')!.get();
  return Object.fromEntries(values.map(({ labels, value }) => [`${labels.what} ${labels.because}`, value]));
};

for (const [what, route] of [
  ['exports', getExport],
  ['streams', getStream],
] as const) {
  test(`${what}: a client that holds all that one may is a 429, and another client has its place; an IPv6 client is its /64`, async () => {
    const stage = stagedFor({});
    const ask = (peer: string): Promise<Response> => route(requestFrom(peer), {}, stage.serving);
    const held = [await ask('2001:db8::1'), await ask('2001:db8::2')];
    const refused = await ask('2001:db8::3');
    assert.deepEqual([refused.status, Number(refused.headers.get('retry-after')) > 0], [429, true]);
    assert.match(
      ((await refused.json()) as { detail: string }).detail,
      new RegExp(`You have 2 running ${what}, the limit for one caller`),
    );
    const others = [await ask('2001:db8:0:1::1'), await ask('10.0.0.1')];
    assert.deepEqual(
      [...held, ...others].map(({ status }) => status),
      [200, 200, 200, 200],
    );
    assert.equal((await ask('10.0.0.2')).status, 503, 'all slots are taken');
    assert.deepEqual(await refusals(stage), { [`${what} caller`]: 1, [`${what} all`]: 1 });
    for (const response of [...held, ...others]) await response.body!.cancel();
    for (
      let turn = 0;
      turn < 200 && (await ask('2001:db8::9').then(async ({ status, body }) => (await body?.cancel(), status))) !== 200;
      turn++
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    const again = await ask('2001:db8::1');
    assert.equal(again.status, 200, 'who leaves gives the place back');
    await again.body!.cancel();
    await stage.serving.close();
  });
}

test('known users have places by name, also behind one balancer', async () => {
  const secret = 's'.repeat(32);
  const stage = stagedFor({ AUTH: 'proxy', AUTH_PROXY_ADDRESSES: '10.0.0.1', AUTH_PROXY_SECRET: secret });
  const ask = (user: string): Promise<Response> =>
    getStream(
      requestFrom('10.0.0.1', { 'x-forwarded-user': user, 'x-sightline-proxy-secret': secret }),
      {},
      stage.serving,
    );
  const answers = [await ask('alice'), await ask('alice'), await ask('alice'), await ask('bob')];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 429, 200],
  );
  await stage.serving.close();
});

test('a place is given back once, however often it is left', () => {
  const places = callerSlots({ most: 1, what: 'streams', variable: 'STREAMS_PER_CALLER', retryAfterSeconds: 1 });
  const leave = places.take('a');
  leave();
  places.take('a');
  leave();
  assert.throws(() => places.take('a'), { status: 429 });
});
