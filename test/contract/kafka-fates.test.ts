/**
 * What can never succeed on a real Kafka is refused with what to do: copies of a topic that the brokers cannot keep,
 * and a topic that is deleted while somebody asks for its ends.
 *
 * Uses topics of its own at KAFKA_BROKERS and deletes them.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import { readConfig } from '../../core/process/config.ts';
import { Refusal } from '../../core/process/errors.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';

const topic = `contract_${randomBytes(4).toString('hex')}`;
const config = readConfig({ ...process.env, KAFKA_TOPIC: topic, KAFKA_PARTITIONS: '2' });
const isRefused = (exitCode: number, words: RegExp) => (fault: unknown) =>
  fault instanceof Refusal && fault.exitCode === exitCode && words.test(fault.message);

test('more copies than there are brokers are refused, not waited for', async () => {
  const admin = logAdmin({ ...config, KAFKA_REPLICATION: 99 });
  const began = performance.now();
  await assert.rejects(admin.ensureTopics(), isRefused(2, /KAFKA_REPLICATION \(at most the number of brokers\)/));
  assert.ok(performance.now() - began < 20_000);
  await admin.close();
});

test('a topic that was deleted is told from one that is not known yet', async () => {
  const admin = logAdmin(config);
  assert.equal(await admin.ensureTopics(), 'created');
  assert.equal((await admin.ends()).length, 2);
  const tools = new kafkajs.Kafka({
    brokers: config.KAFKA_BROKERS.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await tools.connect();
  await tools.deleteTopics({ topics: [topic, `${topic}.dlq`] });
  await tools.disconnect();
  await assert.rejects(admin.ends(), isRefused(4, /does not exist any more at .*: it was deleted\. Point KAFKA_TOPIC/));
  assert.equal(await admin.facts(), null);
  await admin.close();
});
