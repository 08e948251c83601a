/** The small server of metrics: what it tells, and to whom. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import { createRegistry, serveMetrics } from '../../../../core/process/metrics.ts';

const ask = (port: number, path: string, host = '127.0.0.1'): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      let text = '';
      response
        .on('data', (chunk: Buffer) => (text += chunk.toString()))
        .on('end', () => resolve({ status: response.statusCode!, text }));
    }).on('error', reject);
  });

test('metrics, health and readiness are told, a reason that takes a moment too', async () => {
  let reason: string | null = 'waiting for HBase';
  const server = await serveMetrics(createRegistry('test'), { host: '127.0.0.1', port: 0 }, async () => reason);
  try {
    assert.deepEqual(await ask(server.port, '/readyz'), { status: 503, text: 'waiting for HBase\n' });
    reason = null;
    assert.deepEqual(await ask(server.port, '/readyz'), { status: 200, text: 'ready\n' });
    assert.deepEqual(await ask(server.port, '/healthz'), { status: 200, text: 'ok\n' });
    assert.match((await ask(server.port, '/metrics')).text, /^process_cpu_seconds_total\{process="test"\}/m);
    assert.equal((await ask(server.port, '/')).status, 404);
  } finally {
    await server.close();
  }
});

test('on a loopback address only names of this machine get an answer, so that no page of another site reads it', async () => {
  const server = await serveMetrics(createRegistry('test'), { host: '127.0.0.1', port: 0 });
  try {
    for (const host of ['localhost:9464', '127.0.0.1', '[::1]:1'])
      assert.equal((await ask(server.port, '/metrics', host)).status, 200, host);
    for (const host of ['rebound.example', 'rebound.example:9464', '127.0.0.1.example'])
      assert.equal((await ask(server.port, '/metrics', host)).status, 421, host);
  } finally {
    await server.close();
  }
});

test('a readiness that throws is a 500 and ends nothing', async () => {
  const server = await serveMetrics(createRegistry('test'), { host: '127.0.0.1', port: 0 }, async () =>
    Promise.reject(new Error('broken')),
  );
  try {
    assert.deepEqual(await ask(server.port, '/readyz'), { status: 500, text: 'broken\n' });
    assert.equal((await ask(server.port, '/healthz')).status, 200);
  } finally {
    await server.close();
  }
});
