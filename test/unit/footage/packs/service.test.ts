/**
 * Packing that goes on: its metrics tell what was packed, what failed and why, and when a pass ended well. The passes
 * are doubles.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Registry } from 'prom-client';
import { readConfig } from '../../../../core/process/config.ts';
import { EXIT, Refusal, Retryable } from '../../../../core/process/errors.ts';
import type { Target } from '../../../../core/process/metrics-target.ts';
import { packMetrics } from '../../../../footage/packs/metrics.ts';
import type { PackedDay } from '../../../../footage/packs/pack.ts';
import type { PackPass } from '../../../../footage/packs/pass.ts';
import { servePacking } from '../../../../footage/packs/service.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-packing-'));
after(() => rm(folder, { recursive: true, force: true }));

const day: PackedDay = {
  ...{ camera: '7', date: '2026-11-29', packs: 2, frames: 30, bytes: 90_000, removed: 31, left: 1 },
  damaged: [{ path: 'footage/camera=7/dt=2026-11-29/x.jpg' }],
};
const valueOf = (text: string, name: string): number =>
  Number(new RegExp(`^sightline_footage_${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);

test('a day counts when it is packed, and the end of a pass tells when it was', async () => {
  const registry = new Registry();
  const metrics = packMetrics(registry, () => 1_796_000_000_000);
  metrics.countDay(day);
  const during = await registry.metrics();
  assert.deepEqual(
    ['packed_frames_total', 'packed_bytes_total', 'packs_total', 'packed_originals_removed_total'].map((name) =>
      valueOf(during, name),
    ),
    [30, 90_000, 2, 31],
  );
  assert.equal(valueOf(during, 'pack_last_success_timestamp_seconds'), 0);
  metrics.endPass([day]);
  const afterwards = await registry.metrics();
  assert.equal(valueOf(afterwards, 'pack_last_success_timestamp_seconds'), 1_796_000_000);
  assert.equal(valueOf(afterwards, 'damaged_files'), 1);
  metrics.endPass([]);
  assert.equal(valueOf(await registry.metrics(), 'damaged_files'), 0);
});

test('a pass that fails is counted by its reason, and the next one comes in its time', async () => {
  const config = readConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent', METRICS_TARGETS: folder, METRICS_NAME: 'pack' });
  const stop = new AbortController();
  const ask = async (path: string): Promise<string> => {
    const [target] = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')) as Target[];
    return (await fetch(`http://${target!.targets[0]}${path}`)).text();
  };
  const seen: string[] = [];
  let text = '';
  const passes: PackPass[] = [
    () => Promise.reject(new Refusal(EXIT.lake_held, 'an analysis is under way')),
    async () => {
      seen.push(await ask('/readyz'));
      throw new Retryable('HDFS', 'no NameNode');
    },
    async ({ onDay }) => {
      onDay!(day);
      return [day];
    },
    async () => {
      seen.push(await ask('/readyz'));
      text = await ask('/metrics');
      stop.abort();
      return [];
    },
  ];
  const pass: PackPass = (options) => passes.shift()!(options);
  const service = { pass, signal: stop.signal, patience: { limitMs: 0 } };
  assert.equal(await servePacking(config, 1e-6, service), EXIT.done);
  assert.deepEqual(seen, ['an analysis is under way\n', 'ready\n']);
  const failures = [...text.matchAll(/pack_failures_total\{reason="(\w+)",process="footage-pack"\} (\d)/g)];
  assert.deepEqual(
    failures.map(([, reason, times]) => [reason, times]),
    [
      ['held', '1'],
      ['away', '1'],
      ['other', '0'],
    ],
  );
  assert.match(text, /packed_frames_total\{process="footage-pack"\} 30/);
});

test('a pass waits while another process holds the lease, and that is no failure', async () => {
  const config = readConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent', METRICS_TARGETS: folder, METRICS_NAME: 'waits' });
  const stop = new AbortController();
  let tries = 0;
  let text = '';
  const pass: PackPass = async ({ onDay }) => {
    tries += 1;
    if (tries < 3) throw new Refusal(EXIT.lake_held, 'an analysis is under way');
    if (tries === 3) {
      onDay!(day);
      return [day];
    }
    const [target] = JSON.parse(readFileSync(join(folder, 'waits.json'), 'utf8')) as Target[];
    text = await (await fetch(`http://${target!.targets[0]}/metrics`)).text();
    stop.abort();
    return [];
  };
  const patience = { limitMs: 60_000, askEveryMs: 1 };
  assert.equal(await servePacking(config, 1e-6, { pass, signal: stop.signal, patience }), EXIT.done);
  assert.match(text, /pack_failures_total\{reason="held",process="footage-pack"\} 0/);
  assert.match(text, /packed_frames_total\{process="footage-pack"\} 30/);
});
