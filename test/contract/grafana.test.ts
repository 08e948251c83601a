/**
 * Every query of Prometheus in our dashboards, asked of a real Prometheus that watches a running stack: each is read,
 * and each answers with data.
 *
 * Needs Debian's prometheus, or PROMETHEUS_BIN. It scrapes a speed worker, the batch scheduler, settling of footage,
 * serving, HBase and the NameNode, each second. Queries of what is not watched here (Kafka's exporter, ZooKeeper, the
 * agent of footage, its analysis and its packing) are read only.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { oid } from '../../core/domain/oid.ts';
import { ARRIVING, travelName } from '../../core/layout/footage.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { portsFrom } from '../../hadoop-compose/stack/ports.ts';
import type { MetricsServer } from '../../core/process/metrics.ts';
import { serveMetrics } from '../../core/process/metrics.ts';
import type { Serving } from '../../serving/app/app.ts';
import { getLocations, getTimeline, getTopItems } from '../../serving/http/counts.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { batchWorld, feed, servingOf } from '../support/batch-world.ts';
import { promql, queries } from '../support/grafana-queries.ts';
import { eventually, ROOT } from '../support/main-job.ts';

const PROMETHEUS = process.env.PROMETHEUS_BIN ?? 'prometheus';
const isThere = spawnSync(PROMETHEUS, ['--version']).error === undefined;
const NOT_WATCHED =
  /\b(kafka_|outstanding_requests|num_alive_connections|sightline_footage_(taken|flume|cameras|analys|pack))/;
const LIMIT_MS = 150_000;

let world: BatchWorld;
let serving: Serving;
let shown: MetricsServer;
let feeding: Feed;
let folder: string;
let address: string;
const children: ChildProcess[] = [];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

function start(program: string, args: readonly string[], environment: NodeJS.ProcessEnv): void {
  children.push(spawn(program, args, { cwd: ROOT, env: environment, stdio: 'ignore' }));
}

/** One picture, as Flume leaves it in HDFS. */
async function handOver(): Promise<void> {
  const bytes = Buffer.from('a picture');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const name = travelName({ camera: oid(7), takenAtMs: Date.now(), detection: null, sha256, kind: 'jpg' });
  await hdfs(world.config).write(`${ARRIVING}/${name}.1`, bytes);
}

before(async () => {
  if (!isThere) return;
  world = await batchWorld({ EPOCH_SECONDS: '30', SPEED_LINGER_MS: '20' });
  const [speed, batch, settling, prometheus] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = portsFrom(process.env);
  const sightline = (port: number, ...args: string[]): void =>
    start(process.execPath, ['sightline.mjs', ...args], { ...world.environment, METRICS_PORT: String(port) });
  sightline(speed, 'speed');
  sightline(batch, 'batch', 'schedule');
  await handOver();
  sightline(settling, 'footage', 'settle', '--every', '1');
  serving = servingOf(world.config);
  const { registry } = serving.metrics;
  const text = { metrics: () => serving.metricsText(true), contentType: registry.contentType };
  shown = await serveMetrics(text, { host: '127.0.0.1', port: 0 });
  feeding = await feed(world.config);
  folder = await mkdtemp(join(tmpdir(), 'sightline-prometheus-'));
  const job = (name: string, path: string, ...targets: (number | string)[]): object => ({
    job_name: name,
    metrics_path: path,
    static_configs: [
      { targets: targets.map((target) => (typeof target === 'number' ? `127.0.0.1:${target}` : target)) },
    ],
  });
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      job('sightline', '/metrics', speed, batch, settling, shown.port),
      job('hbase', '/prometheus', ports.masterInfo, ports.regionserverInfo),
      job('namenode', '/prom', new URL(world.config.WEBHDFS_URL).host),
    ],
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  start(PROMETHEUS, [...args, `--web.listen-address=127.0.0.1:${prometheus}`, '--log.level=error'], process.env);
  address = `http://127.0.0.1:${prometheus}`;
});

after(async () => {
  await feeding?.stop();
  for (const child of children) child.kill('SIGKILL');
  await shown?.close();
  await serving?.close();
  await world?.drop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Series of the answer; throws if Prometheus cannot read the query. */
async function ask(expr: string): Promise<number> {
  const response = await fetch(`${address}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: promql(expr, '10s') }),
  });
  const answer = (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } };
  assert.equal(answer.status, 'success', `${expr}: ${answer.error}`);
  return answer.data!.result.length;
}

const asked = queries().filter(({ target }) => target.expr !== undefined);

test(
  'each query of Prometheus is read, and answers with data while the stack runs',
  { skip: isThere ? false : 'Prometheus is not installed', timeout: 300_000 },
  async () => {
    await eventually(
      'Prometheus answers',
      () =>
        fetch(`${address}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      (isReady) => isReady,
      30_000,
    );
    await eventually(
      'data for every query',
      async () => {
        for (const handle of [getTopItems, getLocations, getTimeline])
          await handle(new Request('http://127.0.0.1/?location=all'), {}, serving);
        const empty: string[] = [];
        for (const { name, target } of asked)
          if ((await ask(target.expr!)) === 0 && !NOT_WATCHED.test(target.expr!)) empty.push(`${name}: ${target.expr}`);
        return empty;
      },
      (empty) => empty.length === 0,
      LIMIT_MS,
    );
  },
);
