/** Several NameNodes, one of which is active: requests, writes and reads outlive a failover; nothing is done twice. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Retryable } from '../../../../../core/process/errors.ts';
import { hadoopAccess } from '../../../../../core/process/security-settings.ts';
import type { SecuritySettings } from '../../../../../core/process/security-settings.ts';
import { activeNode } from '../../../../../core/stores/hdfs/active-node.ts';
import type { NameNode } from '../../../../../core/stores/hdfs/name-node.ts';
import { hdfs } from '../../../../../core/stores/hdfs/hdfs.ts';
import type { HdfsSettings } from '../../../../../core/stores/hdfs/asking.ts';
import { nameNodes } from '../../../../support/name-nodes.ts';
import type { NameNodes } from '../../../../support/name-nodes.ts';

const ROOT = '/sightline';
const settingsOf = ({ urls }: NameNodes, others: Partial<HdfsSettings> = {}): HdfsSettings => ({
  WEBHDFS_URL: urls[0]!,
  ...(urls.length > 1 ? { WEBHDFS_URLS: [...urls] } : {}),
  SIGHTLINE_ROOT: ROOT,
  HADOOP_USER: 'sightline',
  ...others,
});

async function withNodes(count: number, work: (nodes: NameNodes) => Promise<void>, prefix = ''): Promise<void> {
  const nodes = await nameNodes(count, prefix);
  try {
    await work(nodes);
  } finally {
    await nodes.close();
  }
}

test('a NameNode on standby is passed over, and later requests begin at the active one', () =>
  withNodes(2, async (nodes) => {
    nodes.active = 1;
    const files = hdfs(settingsOf(nodes));
    await files.write('a', Buffer.from('x'));
    assert.equal((await files.read('a')).toString(), 'x');
    assert.equal(nodes.asked.filter(({ node }) => node === 0).length, 1);
  }));

test('a NameNode that died is passed over, while the other one becomes active a moment later', () =>
  withNodes(2, async (nodes) => {
    const files = hdfs(settingsOf(nodes));
    await files.write('a', Buffer.from('x'));
    await nodes.stop(0);
    const began = Date.now();
    setTimeout(() => (nodes.active = 1), 600);
    assert.equal((await files.read('a')).toString(), 'x');
    assert.ok(Date.now() - began < 3_000);
  }));

test('a write that a failover breaks begins anew: one file, whole, and no part of another', () =>
  withNodes(2, async (nodes) => {
    const files = hdfs(settingsOf(nodes));
    let breaks = 1;
    for (const step of ['create', 'rename', 'getfilestatus']) {
      breaks = 1;
      nodes.active = 0;
      nodes.fault = ({ op, path }) => {
        if (op !== step || path === '/' || breaks-- <= 0) return null;
        nodes.active = 1 - nodes.active;
        return 'break';
      };
      await files.write(`lake/${step}`, Buffer.from('whole'));
    }
    const found = [...nodes.files].map(([path, bytes]) => [path, bytes.toString()]);
    assert.deepEqual(
      found.sort(),
      ['create', 'getfilestatus', 'rename'].map((step) => [`${ROOT}/lake/${step}`, 'whole']),
    );
  }));

test('a rename is not asked for twice when nobody knows whether it was carried out', () =>
  withNodes(2, async (nodes) => {
    const files = hdfs(settingsOf(nodes));
    await files.write('from', Buffer.from('x'));
    nodes.fault = ({ op }) => (op === 'rename' ? 'break' : null);
    await assert.rejects(files.rename('from', 'to'), { name: 'Retryable' });
    assert.equal(
      nodes.asked.filter(({ op, query }) => op === 'rename' && query.get('renameoptions') === 'NONE').length,
      1,
    );
    assert.deepEqual([...nodes.files.keys()], [`${ROOT}/to`]);
  }));

test('a read goes on where a failover broke it, and delivers each byte once', () =>
  withNodes(2, async (nodes) => {
    const files = hdfs(settingsOf(nodes));
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
    nodes.files.set(`${ROOT}/big`, bytes);
    let cuts = 3;
    nodes.fault = ({ op }) => {
      if (op !== 'open' || cuts-- <= 0) return null;
      nodes.active = 1 - nodes.active;
      return 'cut';
    };
    assert.ok((await files.read('big')).equals(bytes));
    const offsets = nodes.asked.filter(({ op }) => op === 'open').map(({ query }) => Number(query.get('offset') ?? 0));
    assert.deepEqual(offsets, [0, 50_000, 75_000, 87_500]);
  }));

test('work that hung for longer than a failover may take is still tried again', async () => {
  const node = { url: 'http://a', enter: async () => undefined } as unknown as NameNode;
  const active = activeNode([node, node], 100);
  let tries = 0;
  const answer = await active.persist(async () => {
    if (++tries > 1) return 'written';
    await pause(150);
    throw new Retryable('HDFS', 'ESOCKETTIMEDOUT');
  });
  assert.equal(answer, 'written');
});

test('with a single NameNode a fault is told at once, as before', () =>
  withNodes(1, async (nodes) => {
    nodes.active = 5;
    await assert.rejects(hdfs(settingsOf(nodes)).read('a'), /standby/);
    assert.equal(nodes.asked.length, 1);
  }));

test('a gateway is asked below its path, with a password that stays there', () =>
  withNodes(
    1,
    async (nodes) => {
      const HADOOP_ACCESS = access({ HDFS_AUTH: 'basic', HDFS_USERNAME: 'speed', HDFS_PASSWORD: 'pw' });
      await hdfs(settingsOf(nodes, { HADOOP_ACCESS, HDFS_FILE_MODE: '640' })).write('a', Buffer.from('x'));
      const expected = `Basic ${Buffer.from('speed:pw').toString('base64')}`;
      for (const { headers, query } of nodes.asked) {
        assert.equal(headers.authorization, expected);
        assert.equal(query.get('user.name'), null);
      }
      assert.equal(nodes.asked.find(({ op }) => op === 'create')!.query.get('permission'), '0640');
    },
    '/gateway/default',
  ));

test('a delegation token goes with each request, and a newer one is read when HDFS refuses the old one', () =>
  withNodes(1, async (nodes) => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-token-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'token');
    writeFileSync(file, 'first-token\n');
    const HADOOP_ACCESS = access({ HDFS_AUTH: 'token', HDFS_TOKEN: 'first-token' }, new Map([['HDFS_TOKEN', file]]));
    const files = hdfs(settingsOf(nodes, { HADOOP_ACCESS }));
    await files.write('a', Buffer.from('x'));
    nodes.refusal = ({ query }) =>
      query.get('delegation') === 'second-token'
        ? null
        : { status: 403, exception: 'InvalidToken', message: 'token is expired' };
    const dead = await files.read('a').catch((thrown: unknown) => thrown as Error);
    assert.ok(dead instanceof Error);
    assert.equal(dead.name, 'Refusal');
    assert.match(dead.message, /token is expired.*HDFS_TOKEN/);
    assert.doesNotMatch(dead.message, /delegation=|first-token/);
    writeFileSync(file, 'second-token\n');
    utimesSync(file, new Date(), new Date(Date.now() + 5_000));
    assert.equal((await files.read('a')).toString(), 'x');
  }));

function access(
  settings: Partial<SecuritySettings>,
  files: ReadonlyMap<string, string> = new Map(),
): ReturnType<typeof hadoopAccess> {
  return hadoopAccess(settings as SecuritySettings, files);
}
