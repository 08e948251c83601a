/**
 * The observed stack loses HBase, then Kafka: the alert that names the cause comes and goes, and nobody hears of
 * anything else.
 *
 * Prometheus and Alertmanager are the real ones, with the rules of observe/rules six times as quick, so that minutes
 * are tens of seconds. What is active is asked of Alertmanager as the pager hears it: without what is inhibited, and
 * without tickets, since a budget that burnt is told later too. Latency depends on the machine and is left out.
 * Daemons are halted, not killed, since `npm start` would have a killed one back before anybody is woken.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { RULES } from '../../hadoop-compose/observe/conf.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import type { MainJob } from '../support/main-job.ts';
import { daemonPid, eventually, startMainJob } from '../support/main-job.ts';

const QUICKER = 6;
/** A region server needs as long to come back as it needs, so a cause is remembered longer than a sixth of the time. */
const KEPT = '90s';
const OF_THE_MACHINE = ['SightlineApiSlowFast', 'SightlineStale'];
const { ports } = stackFrom();

describe('the observed stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-observe-'));
  let job: MainJob;
  let asking: NodeJS.Timeout;
  const heard = new Set<string>();

  before(async () => {
    cpSync(RULES, folder, { recursive: true });
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.rules.yml')))
      writeFileSync(join(folder, name), quicker(readFileSync(join(folder, name), 'utf8')));
    Object.assign(process.env, { OBSERVE_RULES: folder, OBSERVE_SCRAPE_SECONDS: '3' });
    job = await startMainJob(['--rate', '500', '--epoch-seconds', '300', '--observe']);
    asking = setInterval(() => void fetch(`${job.address}/api/v1/top-items`).catch(() => undefined), 500);
  });

  after(async () => {
    clearInterval(asking);
    rmSync(folder, { recursive: true, force: true });
    if (job) assert.equal(await job.stop(), 0);
    await assert.rejects(fetch(`http://127.0.0.1:${ports.prometheus}/-/ready`), 'Prometheus is gone with its starter');
  });

  it('finds every process by itself, and is quiet while all is well', { timeout: 180_000 }, async () => {
    const up = await eventually(
      'all targets',
      targets,
      (found) => found.length >= 12 && found.every(([, health]) => health === 'up'),
      90_000,
    );
    assert.deepEqual(
      up.map(([name]) => name),
      [
        'alertmanager',
        'app',
        'batch',
        'cameras',
        'datanode',
        'hbase-master',
        'hbase-regionserver',
        'kafka-exporter',
        'namenode',
        'prometheus',
        'speed-1',
        'zookeeper',
      ],
    );
    await eventually('silence', active, (names) => names.length === 0, 60_000);
    heard.clear();
    for (let look = 0; look < 20; look++, await pause(1_000)) await active();
    assert.deepEqual([...heard], []);
  });

  for (const [daemon, alert] of [
    ['regionserver', 'SightlineStoreAway'],
    ['kafka', 'SightlineKafkaAway'],
  ] as const) {
    it(
      `calls ${alert} when ${daemon} is away, and nothing else, and is quiet again after it`,
      { timeout: 600_000 },
      async () => {
        heard.clear();
        const pid = daemonPid(daemon);
        process.kill(pid, 'SIGSTOP');
        try {
          await eventually(alert, active, (names) => names.includes(alert), 90_000);
          await eventually('some more of it', active, () => false, 20_000).catch(() => undefined);
        } finally {
          process.kill(pid, 'SIGCONT');
        }
        await eventually('silence', active, (names) => names.length === 0, 420_000);
        assert.deepEqual([...heard], [alert]);
      },
    );
  }

  async function active(): Promise<string[]> {
    const url = `http://127.0.0.1:${ports.alertmanager}/api/v2/alerts?active=true&inhibited=false&silenced=false&filter=severity%3D%22page%22`;
    const found = (await (await fetch(url)).json()) as { labels: { alertname: string } }[];
    const names = [...new Set(found.map(({ labels }) => labels.alertname))].filter(
      (name) => !OF_THE_MACHINE.includes(name),
    );
    for (const name of names) heard.add(name);
    return names;
  }
});

async function targets(): Promise<[name: string, health: string][]> {
  const response = await fetch(`http://127.0.0.1:${ports.prometheus}/api/v1/targets?state=active`);
  const { data } = (await response.json()) as {
    data: { activeTargets: { labels: { instance: string }; health: string }[] };
  };
  return data.activeTargets
    .map(({ labels, health }): [string, string] => [labels.instance, health])
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Every duration of rules and windows, divided. */
function quicker(rules: string): string {
  const seconds = (count: string, unit: string): string =>
    `${Math.round((Number(count) * ({ m: 60, h: 3_600, d: 86_400 }[unit] ?? 1)) / QUICKER)}s`;
  return rules
    .replace(
      /(\[|\bfor: )(\d+)([mhd])/g,
      (_, before_: string, count: string, unit: string) => before_ + seconds(count, unit),
    )
    .replace(/keep_firing_for: \w+/g, `keep_firing_for: ${KEPT}`);
}
