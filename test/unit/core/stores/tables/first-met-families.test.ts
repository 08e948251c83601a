/**
 * How long first-met rows live, against the recorded rules and the topic as it is (law L6), and which families there
 * are.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rules } from '../../../../../core/domain/rules.ts';
import type { HBaseClient, TableSchema } from '../../../../../core/hbase/types.ts';
import type { TopicFacts } from '../../../../../core/stores/kafka/types.ts';
import { firstMetFamilies } from '../../../../../core/stores/tables/first-met-families.ts';
import { checkRowLife, rowLifeNow, setPlans } from '../../../../../core/stores/tables/first-met-sets.ts';
import { ensureFamilies } from '../../../../../core/stores/tables/schema.ts';
import { SOUND_TOPIC } from '../../../../support/topic-facts.ts';

const DAY_S = 86_400;
const FACTS: TopicFacts = {
  ...SOUND_TOPIC,
  topicId: 'a',
  partitionCount: 3,
  isLogAppendTime: true,
  retentionMs: 7 * DAY_S * 1_000,
  segmentMs: DAY_S * 1_000,
  deletionDelayMs: 60_000,
};
const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: DAY_S, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 3 },
  ...{ firstEpoch: 0, firstOffsets: [0, 0, 0] },
};
/** W, retention.ms, segment.ms, a day for clocks, file.delete.delay.ms. */
const NEEDED_S = (3 + 7 + 1 + 1) * DAY_S + 60;

function tableWith(families: TableSchema['families']): {
  hbase: HBaseClient;
  now: () => Map<string, number | undefined>;
} {
  const found = new Map(families.map((family) => [family.name, family]));
  const admin = {
    describeTable: async (name: string) => ({ name, families: [...found.values()] }),
    modifyFamilies: async (schema: TableSchema) => schema.families.forEach((family) => found.set(family.name, family)),
    dropFamily: async (_: string, family: string) => void found.delete(family),
  };
  return {
    hbase: { admin } as unknown as HBaseClient,
    now: () => new Map([...found.values()].map(({ name, ttlSeconds }) => [name, ttlSeconds])),
  };
}

const admin = (facts = FACTS) => ({ facts: async () => facts });

test('rows that live long enough, or for ever, are no reason to stop', async () => {
  for (const ttlSeconds of [NEEDED_S, NEEDED_S + 1, undefined]) {
    const { hbase } = tableWith([{ name: 'd', ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }]);
    await assert.doesNotReject(
      checkRowLife(firstMetFamilies(hbase, 'ns', admin()), admin(), RULES),
      `a life of ${ttlSeconds ?? 'any'} seconds`,
    );
  }
});

test('how much longer rows live than they must is told in seconds, and falls below 0 before a copy could count', async () => {
  const spare = async (...families: TableSchema['families']) =>
    (await rowLifeNow(firstMetFamilies(tableWith(families).hbase, 'ns', admin()), admin(), RULES))?.spareSeconds;
  assert.deepEqual(
    [
      await spare({ name: 'd', ttlSeconds: NEEDED_S + 5 }),
      await spare({ name: 'd', ttlSeconds: NEEDED_S - 5 }),
      await spare({ name: 'd' }),
      await spare(),
    ],
    [5, -5, Infinity, -Infinity],
  );
});

for (const [what, facts, rules] of [
  ['for W', FACTS, { ...RULES, dedupWindowDays: 3 }],
  ['for retention.ms', { ...FACTS, retentionMs: FACTS.retentionMs + 1 }, RULES],
  ['for a topic that keeps records for ever', { ...FACTS, retentionMs: -1 }, RULES],
  ['for segment.ms', { ...FACTS, segmentMs: FACTS.segmentMs + 1_000 }, RULES],
  ['for file.delete.delay.ms', { ...FACTS, deletionDelayMs: 61_000 }, RULES],
] as const) {
  test(`rows that live too short ${what} are refused, with what was found, what is needed and the command`, async () => {
    const { hbase } = tableWith([{ name: 'd', ttlSeconds: NEEDED_S }]);
    await assert.rejects(
      checkRowLife(firstMetFamilies(hbase, 'ns', admin(facts)), admin(facts), rules),
      (fault: { exitCode?: number; message: string }) => {
        assert.match(
          fault.message,
          /^Rows of ns:detections, family d, live for 12 days, and .* days are needed: .*"sightline prepare" raises/,
        );
        return fault.exitCode === 2;
      },
    );
  });
}

test('a generation of its own needs its own family', async () => {
  const { hbase } = tableWith([{ name: 'd' }]);
  await assert.rejects(
    checkRowLife(firstMetFamilies(hbase, 'ns', admin()), admin(), { ...RULES, generation: 2, ownFirstMet: true }),
    /family d2 does not exist/,
  );
});

test('a family lives for as long as the generation of it that needs it longest', () => {
  const plans = setPlans(
    [
      RULES,
      { ...RULES, generation: 2, dedupWindowDays: 5 },
      { ...RULES, generation: 3, dedupWindowDays: 1, ownFirstMet: true },
    ],
    FACTS,
  );
  assert.deepEqual(plans, [
    { name: 'd', ttlSeconds: NEEDED_S + 3 * DAY_S },
    { name: 'd3', ttlSeconds: NEEDED_S - DAY_S },
  ]);
});

test('what a generation needs is made or raised, and nothing else is touched or lowered', async () => {
  const { hbase, now } = tableWith([{ name: 'd', ttlSeconds: 9 * NEEDED_S }]);
  const families = firstMetFamilies(hbase, 'ns', admin());
  const next = { ...RULES, generation: 2, dedupWindowDays: 5, ownFirstMet: true };
  await families.ensure(next);
  assert.deepEqual(
    [...now()],
    [
      ['d', 9 * NEEDED_S],
      ['d2', NEEDED_S + 3 * DAY_S],
    ],
  );
  await checkRowLife(families, admin(), next);
  await firstMetFamilies(hbase, 'ns', admin({ ...FACTS, segmentMs: 2 * FACTS.segmentMs })).ensure(next);
  assert.deepEqual(
    [...now()],
    [
      ['d', 9 * NEEDED_S],
      ['d2', NEEDED_S + 4 * DAY_S],
    ],
  );
  await ensureFamilies(hbase, {
    name: 'ns:detections',
    families: [
      { name: 'd', ttlSeconds: 1 },
      { name: 'd3', ttlSeconds: 7 },
    ],
  });
  assert.deepEqual(
    [...now()],
    [
      ['d', 9 * NEEDED_S],
      ['d2', NEEDED_S + 4 * DAY_S],
      ['d3', 7],
    ],
  );
});

test('families of generations that are gone are told apart from those that live, and from what is not ours', async () => {
  const { hbase, now } = tableWith(['d', 'd2', 'd3', 'd4', 'x'].map((name) => ({ name })));
  const families = firstMetFamilies(hbase, 'ns', admin());
  const own = (generation: number): Rules => ({ ...RULES, generation, ownFirstMet: true });
  assert.deepEqual(await families.unneeded([own(3), own(4)]), ['d', 'd2']);
  assert.deepEqual(
    await families.unneeded([{ ...RULES, generation: 3 }]),
    ['d2', 'd3', 'd4'],
    'rules without rows of their own share the first family',
  );
  await families.drop(['d', 'd2']);
  assert.deepEqual([...now().keys()], ['d3', 'd4', 'x']);
});
