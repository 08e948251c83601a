/**
 * Whether a client of node-rdkafka still knows a broker that it can ask.
 *
 * A broker that has just come back may answer that the cluster has no brokers. librdkafka (2.10 to 2.14) then forgets
 * all brokers, those of its configuration too, and may never ask again: such a client hears nothing for ever, without
 * an error. consumer.ts looks here and joins the group with another client; producer.ts and reader.ts notice by a
 * deadline. A broker that is merely away stays known, and librdkafka reaches it by itself.
 */
import type { KafkaConsumer } from 'node-rdkafka';

export interface KnownBrokers {
  /** True if the client's last statistics, and those before, named no broker. */
  areForgotten(): boolean;
}

/** To be set in the client's configuration. A client must be polled: reports that nobody takes stay in memory. */
export const STATISTICS_CONFIG = { 'statistics.interval.ms': 5_000 };

/** One report could fall between the moment that a client forgets brokers and the moment that it learns others. */
const REPORTS_WITHOUT_BROKERS = 2;

interface Statistics {
  readonly brokers: Readonly<Record<string, { readonly source: string }>>;
}

export function watchKnownBrokers(client: KafkaConsumer): KnownBrokers {
  let reportsWithout = 0;
  client.on('event.stats', ({ message }: { message: string }) => {
    const { brokers } = JSON.parse(message) as Statistics;
    const isKnown = Object.values(brokers).some(({ source }) => source === 'configured' || source === 'learned');
    reportsWithout = isKnown ? 0 : reportsWithout + 1;
  });
  return { areForgotten: () => reportsWithout >= REPORTS_WITHOUT_BROKERS };
}
