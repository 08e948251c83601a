/** Whether the log is still what was recorded, asked while it is archived (L5, L9). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Instant } from '../../../../core/domain/time.ts';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { TopicFacts } from '../../../../core/stores/kafka/types.ts';
import type { RecordedRules } from '../../../../core/stores/control/rules-rows.ts';
import { createLog } from '../../../../core/process/log.ts';
import { logCheck } from '../../../../batch-layer/archive/log-check.ts';
import { contextOf, worldOf } from '../../../support/batch-doubles.ts';
import { otherwise } from '../../../support/topic-facts.ts';

const RULES: RecordedRules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 3_600,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 2,
  firstEpoch: 0,
  firstOffsets: [0, 0],
  topicId: 'a',
};

function stage(options: { fromArchive?: boolean } = {}) {
  const world = worldOf(RULES);
  const warned: string[] = [];
  const log = createLog('test', 'silent');
  log.warn = ((what: { threats?: string[] } | string) =>
    void warned.push(typeof what === 'string' ? what : what.threats!.join('\n'))) as typeof log.warn;
  let now = 1_000_000_000_000;
  const look = logCheck({ ...contextOf(world, '/nowhere'), log, ...options }, () => now);
  const changed = (changes: Partial<TopicFacts>): void => void (world.topic = changes);
  const configured = (...changes: Parameters<typeof otherwise>): void => {
    const { settings, deadLetterSettings } = otherwise(...changes);
    changed({ settings, deadLetterSettings });
  };
  return { look, warned, changed, configured, pass: (ms: number) => (now += ms), now: () => now };
}

async function* batches(pass: () => void) {
  for (let next = 1; next <= 3; next++) {
    pass();
    yield { records: [], next, atEnd: next === 3 };
  }
}

async function readWith({ look, pass }: ReturnType<typeof stage>, ms: number, change: () => void): Promise<number> {
  let read = 0;
  const reader = look.wrap({ read: () => batches(() => pass(ms)), close: async () => undefined });
  for await (const batch of reader.read(0, 0)) {
    read = batch.next;
    if (read === 1) change();
  }
  return read;
}

describe('the check of the log', () => {
  it('refuses a setting that stops the archive, and names the command that repairs it', async () => {
    const { look, changed, configured } = stage();
    await look.run();
    configured({ 'message.timestamp.type': 'CreateTime' });
    await assert.rejects(
      look.run(),
      /message.timestamp.type=CreateTime.*--add-config message.timestamp.type=LogAppendTime.*This was changed after 2001/s,
    );
    configured({ 'cleanup.policy': 'compact' });
    await assert.rejects(look.run(), /cleanup.policy=compact/);
    changed({ topicId: 'b' });
    await assert.rejects(look.run(), /created anew/);
    changed({ partitionCount: 3 });
    await assert.rejects(look.run(), /has 3 partitions, recorded were 2/);
  });

  it('only warns if the dead-letter topic is missing or a setting threatens later records', async () => {
    const { look, changed, warned } = stage();
    changed({ settings: otherwise({ 'retention.bytes': '5' }).settings, deadLetterSettings: null });
    await look.run();
    await look.run();
    assert.equal(warned.length, 1, 'told once');
    assert.match(warned[0]!, /retention.bytes=5, -1 was expected.*\n.*detections.dlq does not exist/);
  });

  it('is repeated while the log is read', async () => {
    const long = stage();
    await long.look.run();
    await assert.rejects(
      readWith(long, 8_000, () => long.configured({ 'message.timestamp.type': 'CreateTime' })),
      /CreateTime/,
    );
    const short = stage();
    await short.look.run();
    assert.equal(await readWith(short, 1_000, () => short.configured({ 'message.timestamp.type': 'CreateTime' })), 3);
  });

  it('is skipped by a rebuild, which reads raw files', async () => {
    const { look, changed, warned } = stage({ fromArchive: true });
    changed({ topicId: 'b' });
    await assert.doesNotReject(look.run());
    assert.deepEqual(warned, []);
  });

  it('warns of partitions whose unarchived records Kafka soon deletes', async () => {
    const { look, changed, warned, now } = stage();
    changed({ retentionMs: 100_000_000 });
    await look.run();
    const epoch = Math.floor((now() - 90_000_000) / 3_600_000) as Epoch;
    look.warnOfExpiry(epoch, [{ partition: 0, arrival: (now() - 74_000_000) as Instant }]);
    assert.deepEqual(warned, []);
    look.warnOfExpiry(
      epoch,
      [0, 1].map((partition) => ({ partition, arrival: 0 as Instant })),
    );
    assert.match(warned[0]!, /Partitions 0, 1 of topic detections.*retention.ms=100000000.*retention.ms=200000000/);
  });
});
