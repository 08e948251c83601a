import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import { EXIT, Refusal, Retryable } from '../../../../core/process/errors.ts';
import type { ControlStore } from '../../../../core/stores/control/control.ts';
import type { RecordedRules } from '../../../../core/stores/control/rules-rows.ts';
import type { LogAdmin } from '../../../../core/stores/kafka/types.ts';
import { rulesToServe } from '../../../../serving/app/rules-to-serve.ts';
import { SOUND_TOPIC } from '../../../support/topic-facts.ts';

const denied = new Refusal(EXIT.usage, 'HBase refuses sightline:control: AccessDeniedException');
const admin: Pick<LogAdmin, 'facts' | 'ends' | 'holdsBefore'> = {
  facts: async () => SOUND_TOPIC,
  ends: async () => [],
  holdsBefore: async () => false,
};

function read(recordRules: ControlStore['recordRules'], held: RecordedRules | null = null): Promise<RecordedRules> {
  const control: Pick<ControlStore, 'rules' | 'recordRules' | 'growth'> = {
    rules: async () => held,
    growth: async () => ({ change: 0, settled: -1, growths: [], growingTo: null }),
    recordRules,
  };
  return rulesToServe(readConfig({} as NodeJS.ProcessEnv), admin as LogAdmin, control as ControlStore);
}
const refuse = (): Promise<RecordedRules> => Promise.reject(denied);

test('serving that may write records the rules if it is the first', async () => {
  const recorded = await read(async (rules) => rules);
  assert.equal(recorded.generation, 1);
});

test('serving that may not write waits for the first process that counts, and says so', async () => {
  const fault = await read(refuse).catch((thrown: unknown) => thrown);
  assert.ok(fault instanceof Retryable);
  assert.match(fault.message, /^No rules are recorded yet.*Start the speed layer/);
  assert.equal(fault.cause, denied);
  const recorded = await read(async (rules) => rules);
  assert.deepEqual(await read(refuse, recorded), recorded);
});

test('a store that is away is told as that', async () => {
  const away = new Retryable('HBase', 'no answer');
  assert.equal(await read(() => Promise.reject(away)).catch((thrown: unknown) => thrown), away);
});
