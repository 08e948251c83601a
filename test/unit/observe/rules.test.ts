/**
 * The rules that wake somebody: each alert has a case in which it fires, alone, and one in which none fires.
 *
 * promtool plays the series and evaluates the files of observe/rules; without promtool those cases are skipped. What
 * needs no program is always held: every metric that a rule names exists, every alert has its runbook.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { batchMetrics } from '../../../batch-layer/metrics.ts';
import { createRegistry } from '../../../core/process/metrics.ts';
import { analysisMetrics } from '../../../footage/analysis/metrics.ts';
import { agentMetrics, settleMetrics } from '../../../footage/metrics.ts';
import { kafkaMetrics, NOTHING_SEEN } from '../../../observe/exporter/kafka-metrics.ts';
import { servingMetrics } from '../../../serving/metrics.ts';
import { speedMetrics } from '../../../speed-layer/metrics.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const RULES = join(ROOT, 'observe/rules');
const RUNBOOKS = join(ROOT, 'docs/runbooks');
const files = readdirSync(RULES).filter((name) => name.endsWith('.rules.yml'));
const text = files.map((name) => readFileSync(join(RULES, name), 'utf8')).join('\n');
const alerts = [...text.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name!);

type Series = Readonly<Record<string, string>>;
interface Case {
  readonly alert: string;
  readonly fires: Series;
  readonly quiet: Series;
  /** When both are looked at. */
  readonly at: string;
}

const visible = (fast: string): Series => ({
  'sightline_speed_publish_to_visible_seconds_bucket{le="2"}': fast,
  'sightline_speed_publish_to_visible_seconds_bucket{le="+Inf"}': '0+6000x600',
  sightline_speed_publish_to_visible_seconds_count: '0+6000x600',
});
const answers = (good: string, bad: string): Series => ({
  'sightline_api_requests_total{route="/api/v1/top-items",status="200"}': good,
  'sightline_api_requests_total{route="/api/v1/top-items",status="503"}': bad,
  'sightline_api_request_seconds_count{route="/api/v1/top-items"}': '0+1000x600',
  // A probe that is told "not ready" is no answer that failed.
  'sightline_api_requests_total{route="/readyz",status="503"}': '0+600x600',
});
const times = (fast: string): Series => ({
  'sightline_api_request_seconds_bucket{route="/api/v1/top-items",le="0.2"}': fast,
  'sightline_api_request_seconds_count{route="/api/v1/top-items"}': '0+1000x600',
});
const deadLetters = (values: string): Series => ({
  'sightline_speed_dead_letters_total{reason="not_json"}': values,
  'sightline_speed_records_total{outcome="new"}': '0+60000x1500',
});
const END = 'sightline_batch_next_epoch_end_timestamp_seconds';
const LENGTH = 'sightline_batch_epoch_length_seconds';
const ENDS = 'sightline_tls_certificate_ends_timestamp_seconds{instance="app"}';
const restarts = (every: number): string =>
  Array.from({ length: 31 }, (_, minute) => Math.floor(minute / every)).join(' ');

const CASES: readonly Case[] = [
  {
    alert: 'SightlineStoreAway',
    at: '10m',
    fires: { 'up{job="hbase-regionserver"}': '1x5 0x5' },
    quiet: { 'up{job="hbase-regionserver"}': '1x9 0' },
  },
  {
    alert: 'SightlineKafkaAway',
    at: '10m',
    fires: { kafka_exporter_up: '1x5 0x5' },
    quiet: { kafka_exporter_up: '1 0 1x8' },
  },
  {
    alert: 'SightlineProcessAway',
    at: '10m',
    fires: { 'up{job="speed",instance="speed-1"}': '1x5 0x5' },
    quiet: { 'up{job="speed",instance="speed-1"}': '1x3 0 1x6' },
  },
  {
    alert: 'SightlineProcessRestarts',
    at: '30m',
    fires: { 'process_start_time_seconds{job="speed"}': restarts(4) },
    quiet: { 'process_start_time_seconds{job="speed"}': restarts(12) },
  },
  {
    alert: 'SightlinePartitionWithoutWorker',
    at: '10m',
    fires: {
      'kafka_topic_partitions{topic="detections"}': '12x10',
      'sightline_speed_partitions{instance="a"}': '6x10',
      'sightline_speed_partitions{instance="b"}': '6x5 stale _x4',
    },
    quiet: {
      'kafka_topic_partitions{topic="detections"}': '12x10',
      'sightline_speed_partitions{instance="a"}': '6x10',
      'sightline_speed_partitions{instance="b"}': '6x10',
    },
  },
  {
    alert: 'SightlineCountingBehind',
    at: '10m',
    fires: { 'sightline_speed_lag_seconds{partition="3"}': '0+30x10' },
    quiet: { 'sightline_speed_lag_seconds{partition="3"}': '0 90 90 50x7' },
  },
  {
    alert: 'SightlineBrokerClockAhead',
    at: '5m',
    fires: {
      'sightline_speed_stamps_ahead_seconds{partition="3"}': '400-60x5',
      sightline_batch_partitions_held: '0x5',
    },
    quiet: { sightline_batch_partitions_held: '0x5' },
  },
  {
    alert: 'SightlineCountedWithoutQuorum',
    at: '5m',
    fires: { 'sightline_speed_partitions_without_quorum{instance="speed-1"}': '0 0 4x3' },
    quiet: { 'sightline_speed_partitions_without_quorum{instance="speed-1"}': '0 4 0x3' },
  },
  {
    alert: 'SightlineEpochLate',
    at: '12m',
    fires: { [END]: '300x12', [LENGTH]: '300x12' },
    quiet: { [END]: '600x12', [LENGTH]: '300x12' },
  },
  {
    alert: 'SightlineDifferences',
    at: '30m',
    fires: { sightline_batch_differences_total: '0x20 3x10' },
    quiet: { sightline_batch_differences_total: '3x30' },
  },
  {
    alert: 'SightlineUnproven',
    at: '60m',
    fires: { 'sightline_batch_runs_total{result="unproven"}': '0x10 1x10 2x10 3x10 4x20' },
    quiet: { 'sightline_batch_runs_total{result="unproven"}': '0x10 1x50' },
  },
  {
    alert: 'SightlineRunsFail',
    at: '40m',
    fires: { 'sightline_batch_runs_total{result="failed"}': '0x10 0+1x30' },
    quiet: { 'sightline_batch_runs_total{result="failed"}': '0x20 1x20' },
  },
  {
    alert: 'SightlineDeadLetters',
    at: '320m',
    fires: deadLetters('0+60x300 18060+6000x30'),
    quiet: deadLetters('0+60x330'),
  },
  {
    alert: 'SightlineCamerasSilent',
    at: '40m',
    fires: { 'kafka_topic_partition_current_offset{topic="detections",partition="0"}': '0+60000x20 1200000x20' },
    quiet: { 'kafka_topic_partition_current_offset{topic="detections",partition="0"}': '5x40' },
  },
  {
    alert: 'SightlineFootageNotSettled',
    at: '15m',
    fires: { 'sightline_footage_oldest_waiting_seconds{kind="spool"}': '0+60x20' },
    quiet: {
      'sightline_footage_oldest_waiting_seconds{kind="spool"}': '10x20',
      'sightline_footage_oldest_waiting_seconds{kind="open"}': '0+60x20',
    },
  },
  {
    alert: 'SightlineFootageNotSettled',
    at: '30m',
    fires: {
      'sightline_footage_taken_files_total{result="passed_on"}': '0+60x30',
      'sightline_footage_files_total{result="settled"}': '0x30',
    },
    quiet: {
      'sightline_footage_taken_files_total{result="passed_on"}': '0+60x30',
      'sightline_footage_files_total{result="settled"}': '0+60x30',
    },
  },
  {
    alert: 'SightlineCameraDarkOrFrozen',
    at: '30m',
    fires: { 'sightline_footage_cameras{state="dark"}': '0x10 2x20' },
    quiet: {
      'sightline_footage_cameras{state="frozen"}': '0x20 1x5 0x5',
      'sightline_footage_cameras{state="blurred"}': '3x30',
    },
  },
  {
    alert: 'SightlineDiskShort',
    at: '10m',
    fires: { fs_namesystem_capacity_remaining: '5x10', fs_namesystem_capacity_total: '100x10' },
    quiet: { fs_namesystem_capacity_remaining: '50x10', fs_namesystem_capacity_total: '100x10' },
  },
  {
    alert: 'SightlineTopicThreatened',
    at: '5m',
    fires: { sightline_speed_topic_threats: '1x5' },
    quiet: { sightline_speed_topic_threats: '0x5' },
  },
  {
    alert: 'SightlineFirstMetRowsShort',
    at: '5m',
    fires: { sightline_speed_first_met_spare_seconds: '-60x5' },
    quiet: { sightline_speed_first_met_spare_seconds: '0x5' },
  },
  // From an hour on errors come: five minutes of a fast burn, before the slow one has been there for its time.
  {
    alert: 'SightlineApiErrorsFast',
    at: '68m',
    fires: answers('0+1000x600', '0x60 0+300x40'),
    quiet: answers('0+1000x600', '0+1x600'),
  },
  {
    alert: 'SightlineApiErrorsSlow',
    at: '60m',
    fires: answers('0+1000x600', '0+9x600'),
    quiet: answers('0+1000x600', '0+3x600'),
  },
  { alert: 'SightlineApiSlowFast', at: '75m', fires: times('0+1000x60 60000+200x40'), quiet: times('0+995x600') },
  { alert: 'SightlineApiSlowSlow', at: '60m', fires: times('0+900x600'), quiet: times('0+970x600') },
  { alert: 'SightlineStale', at: '80m', fires: visible('0+6000x60 360000+600x40'), quiet: visible('0+5980x600') },
  {
    alert: 'SightlineCertificateEnds',
    at: '20m',
    fires: { [ENDS]: `${13 * 86_400}x20` },
    quiet: {
      [ENDS]: `${20 * 86_400}x20`,
      'sightline_tls_certificate_ends_timestamp_seconds{instance="plain"}': '0x20',
    },
  },
  {
    alert: 'SightlineCertificateRefused',
    at: '20m',
    fires: { 'sightline_tls_certificate_reads_total{outcome="refused"}': '0x10 1x10' },
    quiet: { 'sightline_tls_certificate_reads_total{outcome="taken"}': '0x10 1x10' },
  },
];

const runs = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

function played({ fires, quiet, at, alert }: Case): object[] {
  const playing = (series: Series, firing: readonly string[]): object => ({
    name: `${alert}, ${firing.length > 0 ? 'fires' : 'quiet'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: at,
        exp_samples: firing.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
      },
    ],
  });
  return [playing(fires, [alert]), playing(quiet, [])];
}

test('every alert fires in its case, alone, and none does in the other', { skip: !runs('promtool') }, () => {
  assert.deepEqual([...new Set(CASES.map(({ alert }) => alert))].sort(), [...alerts].sort());
  const folder = mkdtempSync(join(tmpdir(), 'sightline-rules-'));
  try {
    // JSON is YAML.
    const file = join(folder, 'cases.yml');
    const rule_files = files.map((name) => join(RULES, name));
    writeFileSync(file, JSON.stringify({ rule_files, evaluation_interval: '1m', tests: CASES.flatMap(played) }));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  'the files are ones that promtool and amtool take, and a page goes to the pager',
  { skip: !runs('amtool') },
  () => {
    const rules = spawnSync('promtool', ['check', 'rules', ...files.map((name) => join(RULES, name))], {
      encoding: 'utf8',
    });
    assert.equal(rules.status, 0, rules.stderr);
    const config = join(RULES, 'alertmanager.yml');
    const amtool = (...args: string[]): string => spawnSync('amtool', args, { encoding: 'utf8' }).stdout.trim();
    assert.match(amtool('check-config', config), /SUCCESS/);
    for (const receiver of ['page', 'ticket'])
      assert.equal(amtool('config', 'routes', 'test', `--config.file=${config}`, `severity=${receiver}`), receiver);
  },
);

test('every metric of ours that a rule names is one that a process shows', async () => {
  const speed = createRegistry('speed');
  speedMetrics(speed, { progress: new Map(), counts: { cells: () => 0 }, held: new Map(), ahead: new Map() } as never);
  const batch = createRegistry('batch');
  batchMetrics(batch);
  const kafka = kafkaMetrics({ facts: NOTHING_SEEN, isUp: false, tookMs: 0, now: 0 });
  const [agent, settling, analysis] = ['agent', 'settle', 'analyse'].map((part) => createRegistry(`footage-${part}`));
  agentMetrics(agent!);
  settleMetrics(settling!);
  analysisMetrics(analysis!);
  const registries = [speed, batch, servingMetrics().registry, kafka, agent!, settling!, analysis!];
  const shown = await Promise.all(
    registries.map(async (registry) => (await registry.getMetricsAsJSON()).map(({ name }) => name)),
  );
  const known = new Set(shown.flat());
  const named = [...text.matchAll(/\b(?:sightline|kafka|process)_\w+/g)].map(([name]) => name);
  assert.ok(named.length > 40);
  assert.deepEqual(
    named.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, ''))),
    [],
  );
  for (const [, name, bound] of text.matchAll(/\b(\w+)_bucket\{le="([\d.]+)"/g)) {
    const found = registries.map((registry) => registry.getSingleMetric(name!)).find((metric) => metric !== undefined);
    const { upperBounds } = found as unknown as { upperBounds: readonly number[] };
    assert.ok(upperBounds.includes(Number(bound)), `${name} has a bucket that ends at ${bound}`);
  }
});

test('every alert says how bad it is and what kind it is, and has a runbook of four parts; no runbook is left over', () => {
  for (const block of text.split(/^ +- alert: /m).slice(1)) {
    const name = /^\w+/.exec(block)![0];
    assert.match(block, /severity: (page|ticket)\n +kind: (cause|symptom)\n/, name);
    assert.match(block, new RegExp(`runbook_url: docs/runbooks/${name}\\.md\n?`), name);
    const runbook = readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8');
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings, ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'], name);
  }
  assert.deepEqual(readdirSync(RUNBOOKS).sort(), alerts.map((name) => `${name}.md`).sort());
});
