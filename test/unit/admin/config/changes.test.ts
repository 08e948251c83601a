import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rules } from '../../../../core/domain/rules.ts';
import { instant } from '../../../../core/domain/time.ts';
import type { Config } from '../../../../core/process/config.ts';
import { readConfig } from '../../../../core/process/config.ts';
import { changesOf, commandsOf, settingsOf } from '../../../../admin/config/changes.ts';

const RULES: Rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 300,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 12,
  firstEpoch: 0,
  firstOffsets: [],
};

const asked = (environment: Record<string, string>): Config => readConfig(environment as NodeJS.ProcessEnv);

test('what the environment leaves out stays as it was recorded', () => {
  assert.deepEqual(changesOf(RULES, asked({})), []);
  assert.deepEqual(
    settingsOf(RULES, asked({})).map(({ setting, recorded, asked }) => [setting, recorded, asked]),
    [
      ['EPOCH_SECONDS', 300, 300],
      ['DEDUP_WINDOW_DAYS', 2, 2],
      ['CLOCK_AHEAD_DAYS', 1, 1],
      ['KAFKA_PARTITIONS', 12, 12],
    ],
  );
});

test('a change names what is recorded and what is asked for', () => {
  const changes = changesOf(RULES, asked({ EPOCH_SECONDS: '3600', CLOCK_AHEAD_DAYS: '1' }));
  assert.deepEqual(changes, [{ setting: 'EPOCH_SECONDS', recorded: 300, asked: 3600, command: ['batch', 'rebuild'] }]);
});

test('several changes need each command once, and the topic grows before all is published anew', () => {
  const changes = changesOf(RULES, asked({ EPOCH_SECONDS: '3600', DEDUP_WINDOW_DAYS: '3', KAFKA_PARTITIONS: '24' }));
  assert.deepEqual(commandsOf(changes), [
    ['topic', 'grow', '--partitions', '24'],
    ['batch', 'rebuild'],
  ]);
});

test('partitions that came by growing are recorded ones', () => {
  const grown = { ...RULES, growths: [{ from: instant(300_000), partitions: 24 }] };
  assert.deepEqual(changesOf(grown, asked({ KAFKA_PARTITIONS: '24' })), []);
});
