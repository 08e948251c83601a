/**
 * Sends what sized-records.ts makes by node-rdkafka, each record to its home: bench/batch/bytes.ts and a contract test
 * fill topics with it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type rdkafka from 'node-rdkafka';
import type { Config } from '../../core/process/config.ts';
import type { SizedPlan, SizedRecord } from './sized-records.ts';
import { openProducer } from '../../bench/support/traffic.ts';
import { sizedRecord } from './sized-records.ts';

/** Resolves with the number of records once all are acknowledged. */
export async function sendSized(
  config: Config,
  plan: SizedPlan,
  told: (sent: number) => void = () => undefined,
): Promise<number> {
  const producer = await openProducer(config, {
    'queue.buffering.max.kbytes': 131_072,
    'message.max.bytes': 2_000_000,
  });
  let failed: unknown = null;
  producer.on('delivery-report', (error) => (failed ??= error));
  let sent = 0;
  for (let n = 0; n < plan.records; n++) {
    const record = sizedRecord(n, plan);
    for (let times = record.isSentTwice ? 2 : 1; times > 0; times--) {
      while (!produced(producer, config.KAFKA_TOPIC, record)) await pause(5);
      if (++sent % 500 === 0) await pause(0);
    }
    if (n % 100_000 === 0) told(sent);
  }
  await new Promise<void>((resolve, reject) => producer.flush(120_000, (error) => (error ? reject(error) : resolve())));
  await new Promise((resolve) => producer.disconnect(resolve));
  if (failed) throw new Error(`a record was not acknowledged: ${String(failed)}`);
  return sent;
}

/** False while the queue is full. */
function produced(producer: rdkafka.Producer, topic: string, { key, value, headers }: SizedRecord): boolean {
  try {
    producer.produce(topic, null, value, key, null, null, [...headers]);
    return true;
  } catch (fault) {
    if (/queue full/i.test(String(fault))) return false;
    throw fault;
  }
}
