/**
 * `sightline dlq` on the real Kafka and HBase, with a speed worker at work: what is kept is shown byte for byte, what a
 * mended parser reads is counted once however often it is replayed, and what is still poison comes back.
 *
 * An older parser is played by letters that hold records of today's format, kept with a reason that no longer holds.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { logProducer } from '../../core/stores/kafka/producer.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Stores } from '../../core/stores/open.ts';
import { batchWorld } from '../support/batch-world.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';

const MENDED = 40;
const POISON = Buffer.from([0xff, 0x00, 0x41]);
const ids = Array.from({ length: MENDED }, (_, i) => oid(9_007_199_254_740_993n + BigInt(i) * 7_919n));
const valueOf = (id: string, at = Date.now()): Buffer =>
  Buffer.from(
    `{"geographical_location_oid":17,"video_camera_oid":3,"detection_oid":${id},"item_name":"Fußgänger","timestamp_detected":${at}}`,
  );
const began = Date.now();

let world: BatchWorld;
let stores: Stores;
let worker: ChildProcess;

interface ListedLetter {
  readonly letter: string;
  readonly reason: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: { hex?: string; text?: string } | null;
  readonly value: { hex?: string; text?: string } | null;
}

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: '86400', SPEED_LINGER_MS: '20' });
  stores = await openStores(world.config);
  const producer = logProducer(world.config);
  const record = { partition: 2, stamp: 0, headers: [] };
  const deadLetter = { reason: 'wrong_type', detail: 'an older parser knew no texts here' } as const;
  await producer.deadLetter([
    ...ids.map((id, offset) => ({
      record: { ...record, offset, key: Buffer.from(id), value: valueOf(id) },
      deadLetter,
    })),
    {
      record: { ...record, offset: 1_000, key: Buffer.from([0, 0xfe]), value: POISON },
      deadLetter: { reason: 'bad_utf8', detail: 'no' },
    },
  ]);
  await producer.close();
  worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: world.environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
});

after(async () => {
  worker?.kill('SIGKILL');
  await stores?.close();
  await world?.drop();
});

const dlq = async (...args: string[]): Promise<{ code: number; lines: string[] }> => {
  const { code, stdout } = await sightline(['dlq', ...args], world.environment);
  return { code, lines: stdout.split('\n').filter(Boolean) };
};
const list = async (...args: string[]): Promise<ListedLetter[]> => {
  const { code, lines } = await dlq('list', '--json', ...args);
  assert.equal(code, 0);
  return lines.map((line) => JSON.parse(line) as ListedLetter);
};

/** Once every record of the log is counted. */
async function tallies(): Promise<Tallies> {
  const { partitionCount, generation } = stores.rules;
  const partitions = Array.from({ length: partitionCount }, (_, i) => i);
  const read = async () => ({
    ends: await stores.admin.ends(),
    progress: await stores.control.progress(generation, partitions),
  });
  const { progress } = await eventually(
    'the log read to its end',
    read,
    ({ ends, progress: all }) => {
      return ends.every(({ partition, high }) => (all[partition]?.nextOffset ?? 0) === high);
    },
    120_000,
  );
  return progress.map((each) => each?.tallies ?? NO_TALLIES).reduce(addTallies, NO_TALLIES);
}

test('letters are listed by what they are and where their records lie', { timeout: 180_000 }, async () => {
  const all = await list('--limit', '1000');
  assert.equal(all.length, MENDED + 1);
  assert.equal((await list('--limit', '7')).length, 7);
  assert.deepEqual(
    (await list('--partition', '2', '--from-offset', '3', '--to-offset', '5')).map(({ offset }) => offset).sort(),
    [3, 4, 5],
  );
  assert.equal((await list('--until', String(began))).length, 0);
  assert.equal((await list('--since', new Date(began - 60_000).toISOString(), '--limit', '999')).length, MENDED + 1);
  const [poison] = await list('--reason', 'bad_utf8');
  assert.deepEqual([poison?.topic, poison?.partition, poison?.offset], [world.config.KAFKA_TOPIC, 2, 1_000]);
  const { code, lines } = await dlq('show', poison!.letter, '--json');
  assert.equal(code, 0);
  const shown = JSON.parse(lines[0]!) as ListedLetter;
  assert.deepEqual(
    [shown.value, shown.key],
    [
      { bytes: 3, hex: 'ff0041' },
      { bytes: 2, hex: '00fe' },
    ],
  );
  assert.equal((await dlq('show', '0/123456')).code, 2);
});

test('a dry run says what would become of each, and publishes nothing', { timeout: 120_000 }, async () => {
  const { code, lines } = await dlq('replay', '--dry-run', '--json');
  assert.equal(code, 4, 'one of them is still poison');
  assert.deepEqual(JSON.parse(lines.at(-1)!), {
    selected: MENDED + 1,
    replayed: MENDED,
    deferred: 0,
    remaining: 1,
    forced: 0,
    tooLarge: 0,
  });
  assert.ok((await stores.admin.ends()).every(({ high }) => high === 0));
});

test(
  'what the parser reads now goes home byte for byte and counts, and a second replay counts nothing twice',
  { timeout: 240_000 },
  async () => {
    assert.equal((await dlq('replay', '--reason', 'wrong_type')).code, 0);
    assert.deepEqual(await tallies(), { ...NO_TALLIES, new: MENDED });
    assert.equal((await dlq('replay', '--reason', 'wrong_type')).code, 0);
    assert.deepEqual(await tallies(), { ...NO_TALLIES, new: MENDED, copies: MENDED });

    const rows = requireAnswers('detections', await stores.detections.find(ids));
    assert.deepEqual(
      rows.map((row) => row?.partition),
      ids.map((id) => homeOf(id, stores.rules.partitionCount)),
    );
    const replayed = new Map<string, string[]>();
    const reader = logReader(world.config);
    for (let partition = 0; partition < stores.rules.partitionCount; partition++) {
      for await (const { records } of reader.read(partition, 0)) {
        for (const { key, value, headers } of records) {
          const said = headers.map(([name, text]) => `${name}=${text?.toString()}`).join();
          assert.match(said, new RegExp(`^sightline\\.replay=${world.config.KAFKA_DEAD_LETTER_TOPIC}/\\d+/\\d+$`));
          const id = key!.toString();
          replayed.set(id, [...(replayed.get(id) ?? []), value!.toString()]);
        }
      }
    }
    await reader.close();
    const letters = new Map(
      (await list('--reason', 'wrong_type', '--limit', '999')).map(({ key, value }) => [key!.text!, value!.text!]),
    );
    assert.deepEqual(replayed, new Map([...letters].map(([id, value]) => [id, [value, value]])));
  },
);

test('poison that is forced out comes back as a new letter, with the same bytes', { timeout: 120_000 }, async () => {
  const [poison] = await list('--reason', 'bad_utf8');
  assert.equal((await dlq('replay', poison!.letter)).code, 4);
  assert.equal((await dlq('replay', poison!.letter, '--force')).code, 4);
  const counted = await tallies();
  assert.deepEqual([counted.dead_letters, counted.dead_letters_by_reason], [1, { bad_utf8: 1 }]);
  const [back, ...others] = (await list('--reason', 'bad_utf8')).filter(({ letter }) => letter !== poison!.letter);
  assert.deepEqual(others, []);
  assert.deepEqual([back?.value, back?.key, back?.partition], [poison!.value, poison!.key, 2]);
});

test('nothing to replay is 3, and options that make no sense are 2', { timeout: 240_000 }, async () => {
  assert.equal((await dlq('replay', '--reason', 'tombstone')).code, 3);
  assert.equal((await dlq('replay', '--reason', 'nonsense')).code, 2);
  assert.equal((await dlq('replay', '0/0', '--reason', 'tombstone')).code, 2);
  assert.equal((await dlq('show', 'nonsense')).code, 2);
});
