import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Instant } from '../../../../../core/domain/time.ts';
import type { ControlStore } from '../../../../../core/stores/control/control.ts';
import type { LogAdmin, TopicFacts } from '../../../../../core/stores/kafka/types.ts';
import type { GrowthRecord } from '../../../../../core/stores/control/growth-rows.ts';
import type { RecordedRules } from '../../../../../core/stores/control/rules-rows.ts';
import { readConfig } from '../../../../../core/process/config.ts';
import { readRules } from '../../../../../core/stores/control/recorded-rules.ts';
import { SOUND_TOPIC } from '../../../../support/topic-facts.ts';

const FACTS: TopicFacts = {
  ...SOUND_TOPIC,
  topicId: 'a1',
  partitionCount: 3,
  retentionMs: 7_200_000,
  segmentMs: 3_600_000,
};

/** A log whose oldest record has this stamp (null: empty), and a control table that is empty or holds these rules. */
const NOT_GROWN: GrowthRecord = { change: 0, settled: -1, growths: [], growingTo: null };

function world(
  oldest: number | null,
  facts: TopicFacts | null = FACTS,
  recorded: RecordedRules | null = null,
  growth = NOT_GROWN,
) {
  let held = recorded;
  const admin: Pick<LogAdmin, 'facts' | 'ends' | 'holdsBefore'> = {
    facts: async () => facts,
    ends: async () => [0, 1, 2].map((partition) => ({ partition, low: partition * 10, high: 99 })),
    holdsBefore: async (t: Instant) => oldest !== null && oldest < t,
  };
  const control: Pick<ControlStore, 'rules' | 'recordRules' | 'growth'> = {
    rules: async () => held,
    growth: async () => growth,
    recordRules: async (rules) => (held ??= rules),
  };
  const read = (environment: Record<string, string> = {}): Promise<RecordedRules> =>
    readRules(readConfig(environment as NodeJS.ProcessEnv), admin as LogAdmin, control as ControlStore);
  return { read, recorded: () => held };
}

describe('the recorded rules', () => {
  it('are recorded by the first process, from its configuration and the log', async () => {
    const { read } = world(null);
    const rules = await read({ EPOCH_SECONDS: '300' });
    assert.deepEqual([rules.epochSeconds, rules.partitionCount, rules.topicId], [300, 3, 'a1']);
    assert.deepEqual(rules.firstOffsets, [0, 10, 20]);
    assert.deepEqual(await read({ EPOCH_SECONDS: '300' }), rules);
  });

  it('begin with the epoch of the oldest record that the log holds', async () => {
    for (const agoSeconds of [0, 250, 3_000, 9_000]) {
      const oldest = Date.now() - agoSeconds * 1_000;
      const { firstEpoch } = await world(oldest).read({ EPOCH_SECONDS: '100' });
      assert.equal(firstEpoch, Math.floor(oldest / 100_000));
    }
  });

  it('hold for a process that was told none, and refuse one that was told others', async () => {
    const { read } = world(null);
    await read({ EPOCH_SECONDS: '300' });
    assert.equal((await read()).epochSeconds, 300);
    await assert.rejects(
      read({ EPOCH_SECONDS: '60', DEDUP_WINDOW_DAYS: '5' }),
      /EPOCH_SECONDS is 60, recorded was 300\n.*DEDUP_WINDOW_DAYS is 5/,
    );
  });

  it('refuse a topic that was created anew, has other partitions or another clock', async () => {
    const rules = await world(null).read();
    const refused = (facts: TopicFacts | null): Promise<RecordedRules> => world(null, facts, rules).read();
    await assert.rejects(refused({ ...FACTS, topicId: 'b2' }), /created anew/);
    await assert.rejects(refused({ ...FACTS, partitionCount: 4 }), /has 4 partitions, recorded were 3/);
    await assert.rejects(refused({ ...FACTS, isLogAppendTime: false }), /LogAppendTime/);
    await assert.rejects(refused(null), /does not exist/);
  });

  it('are not recorded from a log that goes by the clocks of producers', async () => {
    const { read, recorded } = world(Date.now(), { ...FACTS, isLogAppendTime: false });
    await assert.rejects(read(), /LogAppendTime.*Mend it with "sightline prepare", or with kafka-configs.sh/);
    assert.equal(recorded(), null);
  });

  it('welcome a topic that is being given partitions, and say how it grew', async () => {
    const rules = await world(null).read();
    const growing = { ...NOT_GROWN, growingTo: 5 };
    for (const partitionCount of [3, 4, 5]) await world(null, { ...FACTS, partitionCount }, rules, growing).read();
    await assert.rejects(
      world(null, { ...FACTS, partitionCount: 6 }, rules, growing).read(),
      /has 6 partitions, recorded were 3/,
    );
    const growths = [{ from: 900_000 as Instant, partitions: 5 }];
    const grown = { ...NOT_GROWN, growths };
    assert.deepEqual((await world(null, { ...FACTS, partitionCount: 5 }, rules, grown).read()).growths, growths);
    await assert.rejects(world(null, FACTS, rules, grown).read(), /has 3 partitions, recorded were 5/);
  });

  it('let nobody count in a store from which the counts have moved, or to which they are moving', async () => {
    const rules = await world(null).read();
    const moving = (where: 'here' | 'away') => world(null, FACTS, { ...rules, moving: where }).read();
    await assert.rejects(moving('away'), /moved from HBase[^]*Set STORES=cassandra/);
    await assert.rejects(moving('here'), /STORES=hbase sightline batch rebuild --from-store cassandra/);
  });
});
