// The stack as people use it, on ports and in a folder of its own: it comes up, keeps its data through a death and
// through down and up, names who holds its ports, and leaves no process behind. Real daemons, one start and one more: a
// minute or two.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { createHBaseClient } from '../../core/hbase/client.ts';
import { clusterDown } from '../../hadoop-compose/cluster/down.ts';
import { addressesOf } from '../../hadoop-compose/stack/ports.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { clusterStatus } from '../../hadoop-compose/cluster/status.ts';
import { superviseCluster } from '../../hadoop-compose/cluster/supervise.ts';
import type { SupervisionEvent } from '../../hadoop-compose/cluster/supervise.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { stopOrders } from '../../core/process/life.ts';
import { pidsOfAll } from '../support/process-table.ts';
import { argsOf } from '../../core/process/process-table.ts';

const home = mkdtempSync(join(tmpdir(), 'sightline-cluster-'));
/**
 * Further up are the ports that Linux gives to outgoing connections, from 32768 on: one of those would be taken now and
 * then.
 */
const BESIDE_THE_TESTS = 5_000;
const stack = stackFrom({
  SIGHTLINE_HOME: home,
  SIGHTLINE_JARS: stackFrom(process.env).jarsFolder,
  SIGHTLINE_PORT_BASE_OFFSET: String(Number(process.env.SIGHTLINE_PORT_BASE_OFFSET ?? 0) + BESIDE_THE_TESTS),
});
const addresses = addressesOf(stack.ports);
const quiet = (): void => undefined;
const upTimeout = { timeout: 240_000 };

// Node ends a test that is interrupted without its after().
const interrupted = stopOrders();
interrupted.stop.addEventListener('abort', () => {
  void clusterDown(stack, quiet, AbortSignal.abort())
    .then(() => rmSync(home, { recursive: true, force: true }))
    .finally(() => process.exit(130));
});

after(async () => {
  await clusterDown(stack, quiet);
  rmSync(home, { recursive: true, force: true });
});

test('a stack comes up whole, and coming up twice starts nothing', upTimeout, async () => {
  assert.equal((await clusterUp(stack, quiet)).started.length, 6);
  const rows = await clusterStatus(stack);
  assert.deepEqual(
    rows.map((row) => [row.daemon, row.state, row.detail]),
    rows.map((row) => [row.daemon, 'ready', null]),
  );
  assert.deepEqual((await clusterUp(stack, quiet)).started, []);
  await write();
  await readBack();
});

test('every daemon logs into its rotated log, nothing below INFO, and next to nothing to standard output', async () => {
  for (const { daemon } of await clusterStatus(stack)) {
    const textOf = (end: string): string => readFileSync(join(stack.folder, 'logs', `${daemon}.${end}`), 'utf8');
    const [log, output] = [textOf('log'), textOf('out')];
    assert.ok(log.length > 200, `${daemon}.log has ${log.length} characters`);
    assert.ok(output.length < 20_000, `${daemon}.out has ${output.length} characters: ${output.slice(0, 500)}`);
    assert.doesNotMatch(log + output, /^\S+ (?:\S+ )?(?:\[[^\]]*\] )?(?:DEBUG|TRACE) /m, daemon);
  }
});

test('another stack on the same ports is refused, with the daemon that holds each port', async () => {
  const rival: Stack = { ...stack, folder: join(home, 'rival-stack') };
  await assert.rejects(clusterUp(rival, quiet), (error: Error) => {
    assert.match(error.message, new RegExp(`port ${stack.ports.kafka}, needed by Kafka, is held by process \\d+`));
    assert.match(error.message, /SIGHTLINE_KAFKA_PORT=<port> moves it/);
    return true;
  });
  assert.equal(pidOf(rival, 'zookeeper'), undefined);
});

test(
  'a supervised stack starts a killed region server and a killed broker again, with all data',
  upTimeout,
  async () => {
    const events: SupervisionEvent[] = [];
    const stop = new AbortController();
    const wanted = new Set(['regionserver', 'kafka']);
    const supervision = superviseCluster({
      stack,
      signal: stop.signal,
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'ready') wanted.delete(event.daemon);
        if (wanted.size === 0) stop.abort();
      },
    });
    const killed = [pidOf(stack, 'regionserver')!, pidOf(stack, 'kafka')!];
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await supervision;
    for (const daemon of ['regionserver', 'kafka'] as const) {
      const kinds = events.filter((event) => 'daemon' in event && event.daemon === daemon).map((event) => event.kind);
      assert.deepEqual(kinds, ['died', 'started', 'ready']);
    }
    assert.ok(!killed.includes(pidOf(stack, 'regionserver')!));
    await readBack();
  },
);

test('down ends a supervision elsewhere, leaves no process, and up finds all data again', upTimeout, async () => {
  const events: SupervisionEvent[] = [];
  const supervision = superviseCluster({
    stack,
    signal: AbortSignal.timeout(120_000),
    onEvent: (event) => events.push(event),
  });
  assert.equal((await clusterDown(stack, quiet)).length, 6);
  await supervision;
  assert.deepEqual(events, [{ kind: 'taken down' }]);
  assert.deepEqual(processesOfHome(), []);
  await clusterUp(stack, quiet);
  await readBack();
});

test('a start that is interrupted stops what it had started, and nothing that ran before', upTimeout, async () => {
  await clusterDown(stack, quiet);
  const interrupt = new AbortController();
  const start = clusterUp(stack, (who) => who === 'zookeeper' && interrupt.abort(), interrupt.signal);
  await assert.rejects(start, /told to stop/);
  assert.deepEqual(processesOfHome(), []);
});

const kafka = new Kafka({ brokers: [addresses.KAFKA_BROKERS], logLevel: logLevel.NOTHING });
/** As the superuser, who is whoever runs the NameNode: nobody else may write beside the root of ours. */
const fileUrl = (op: string): string =>
  `${addresses.WEBHDFS_URL}/webhdfs/v1/kept/file.txt?op=${op}&user.name=${userInfo().username}`;
const row = Buffer.from('row');

async function write(): Promise<void> {
  const admin = kafka.admin();
  // Waiting for leaders, kafkajs gives up at a broker that has not heard of the topic yet.
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: false });
  while (!(await admin.listTopics()).includes('kept')) await pause(100);
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'kept', messages: [{ value: 'a record' }] });
  await producer.disconnect();
  const created = await fetch(fileUrl('CREATE&overwrite=true'), { method: 'PUT', redirect: 'manual' });
  assert.equal(await put(created.headers.get('location')!, 'a file'), 201);
  await withHBase(async (hbase) => {
    await hbase.admin.ensureNamespace('test');
    await hbase.admin.ensureTable({ name: 'test:kept', families: [{ name: 'f' }] }, []);
    const cell = { family: 'f', qualifier: Buffer.from('q'), timestamp: 1, value: Buffer.from('a cell') };
    assert.deepEqual(await hbase.put('test:kept', [{ row, cells: [cell] }]), [{ status: 'done' }]);
  });
}

/** Not with fetch, which takes the DataNode's unasked `100 Continue` for a broken answer. */
function put(url: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PUT' }, (response) => resolve(response.resume().statusCode));
    sent.once('error', reject).end(body);
  });
}

async function readBack(): Promise<void> {
  const admin = kafka.admin();
  const offsets = await admin.fetchTopicOffsets('kept');
  await admin.disconnect();
  assert.deepEqual(
    offsets.map(({ low, high }) => [low, high]),
    [['0', '1']],
  );
  assert.equal(await (await fetch(fileUrl('OPEN'))).text(), 'a file');
  await withHBase(async (hbase) => {
    const [answer] = await hbase.get('test:kept', [{ row }]);
    assert.equal(answer?.status === 'found' && answer.cells[0]?.value.toString(), 'a cell');
  });
}

async function withHBase(use: (hbase: ReturnType<typeof createHBaseClient>) => Promise<void>): Promise<void> {
  const hbase = createHBaseClient({
    zookeeper: addresses.HBASE_ZOOKEEPER,
    znode: '/hbase',
    user: 'test',
    callTimeoutMs: 10_000,
    operationTimeoutMs: 60_000,
  });
  try {
    await use(hbase);
  } finally {
    await hbase.close();
  }
}

/** Every process whose command line names this test's folder. */
function processesOfHome(): number[] {
  return pidsOfAll().filter((pid) => argsOf(pid).some((arg) => arg.includes(`-Dsightline.home=${home}/`)));
}
