/** What Prometheus and Alertmanager are told: loopback, bounded, the ports of the stack, and where every target is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { announceTarget, writeTargets } from '../../../../core/process/metrics-target.ts';
import type { Target } from '../../../../core/process/metrics-target.ts';
import { findObservers } from '../../../../hadoop-compose/cluster/observers.ts';
import {
  alertmanagerArgs,
  daemonTargets,
  prometheusArgs,
  prometheusYaml,
} from '../../../../hadoop-compose/observe/conf.ts';
import { forgetGone } from '../../../../hadoop-compose/observe/observe.ts';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';
import { expositionOf } from '../../../../observe/exporter/zookeeper.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-observe-'));
after(() => rmSync(folder, { recursive: true }));
const stack = { folder, jarsFolder: folder, ports: portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '10000' }) };
const settings = { BIND: '127.0.0.1', METRICS_TARGETS: join(folder, 'targets'), METRICS_NAME: 'speed-1' };
const read = (name: string): Target[] =>
  JSON.parse(readFileSync(join(settings.METRICS_TARGETS, name), 'utf8')) as Target[];

test('both listen on loopback alone, keep a bounded time and size, and know the ports of this stack', () => {
  const args = [...prometheusArgs(stack), ...alertmanagerArgs(stack)];
  for (const wanted of [
    '--web.listen-address=127.0.0.1:19090',
    '--web.listen-address=127.0.0.1:19095',
    '--storage.tsdb.retention.time=7d',
    '--storage.tsdb.retention.size=1GB',
    '--cluster.listen-address=',
  ])
    assert.ok(args.includes(wanted), wanted);
  assert.match(prometheusYaml(stack), /targets: \['127\.0\.0\.1:19095'\]/);
  assert.ok(alertmanagerArgs(stack, '/mine.yml').includes('--config.file=/mine.yml'));
});

const hasPromtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0;
test('the configuration is one that promtool takes', { skip: !hasPromtool }, () => {
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, prometheusYaml(stack, 2));
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

test('every daemon is a target at its port and path', () => {
  const found = daemonTargets(stack, 41_000).map(
    ({ targets, labels }) => `${labels.job} ${targets[0]}${labels.__metrics_path__}`,
  );
  assert.deepEqual(found, [
    'prometheus 127.0.0.1:19090/metrics',
    'alertmanager 127.0.0.1:19095/metrics',
    'kafka-exporter 127.0.0.1:19308/metrics',
    'zookeeper 127.0.0.1:41000/metrics',
    'namenode 127.0.0.1:19870/prom',
    'datanode 127.0.0.1:19864/prom',
    'hbase-master 127.0.0.1:26010/prometheus',
    'hbase-regionserver 127.0.0.1:26030/prometheus',
  ]);
});

test('a process announces itself under its name, is the same target at another port, and takes its file away', () => {
  const first = announceTarget(settings, 'speed', 41_001);
  announceTarget(settings, 'speed', 41_002);
  assert.deepEqual(readdirSync(settings.METRICS_TARGETS), ['speed-1.json']);
  const [{ targets, labels }] = read('speed-1.json') as [Target];
  assert.deepEqual(targets, ['127.0.0.1:41002']);
  assert.deepEqual([labels.job, labels.instance, labels.__scheme__], ['speed', 'speed-1', 'http']);
  first();
  assert.deepEqual(readdirSync(settings.METRICS_TARGETS), []);
  announceTarget({ BIND: '0.0.0.0', METRICS_TARGETS: undefined, METRICS_NAME: undefined }, 'speed', 1)();
});

test('files of processes that are gone are removed, those of running ones stay', () => {
  announceTarget({ ...settings, METRICS_NAME: undefined }, 'batch', 41_003);
  const gone = { job: 'speed', instance: 'speed-9', __pid__: '999999999' };
  writeTargets(settings.METRICS_TARGETS, 'speed-9', [{ targets: ['127.0.0.1:1'], labels: gone }]);
  writeFileSync(join(settings.METRICS_TARGETS, 'half.json.new'), '[');
  forgetGone(settings.METRICS_TARGETS);
  assert.deepEqual(readdirSync(settings.METRICS_TARGETS), [`batch-${process.pid}.json`]);
});

test('what is missing is named once, with how to install it', () => {
  assert.throws(
    () => findObservers({}, () => false),
    /prometheus was not found; PROMETHEUS_BIN names one; prometheus-alertmanager or alertmanager was not found/,
  );
  assert.throws(
    () => findObservers({ PROMETHEUS_BIN: '/no' }, (name) => name !== '/no'),
    /PROMETHEUS_BIN: '\/no --version' failed/,
  );
  assert.throws(() => findObservers({ OBSERVE_SCRAPE_SECONDS: '0' }, () => true), /whole number above 0/);
  const found = findObservers({ OBSERVE_SCRAPE_SECONDS: '2' }, (name) => name !== 'prometheus-alertmanager');
  assert.deepEqual([found.prometheus, found.alertmanager, found.scrapeSeconds], ['prometheus', 'alertmanager', 2]);
});

test("ZooKeeper's numbers are shown as they are; an answer without any is a fault", () => {
  const shown = expositionOf(
    'zk_version\t3.8.6-abc\nzk_avg_latency\t0.25\nzk_server_state\tstandalone\nzk_znode_count\t42\n',
  );
  assert.deepEqual(
    shown.split('\n').filter((line) => /^\w/.test(line)),
    ['zk_avg_latency 0.25', 'zk_znode_count 42'],
  );
  assert.throws(
    () => expositionOf('This ZooKeeper instance is not currently serving requests\n'),
    /numbers were expected/,
  );
});
