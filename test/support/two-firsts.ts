/**
 * A process that sends the first two records of a producer at once, closes it, and should then have nothing left to
 * live for.
 */
import { readConfig } from '../../core/process/config.ts';
import { logProducer } from '../../core/stores/kafka/producer.ts';

const producer = logProducer(readConfig());
await Promise.all([producer.tick([0]), producer.tick([1])]);
await producer.close();
