// One look at Kafka, HBase and HDFS with the settings of its environment, in a process of its own, because a process is
// one identity to Kerberos. Prints one JSON object: for each question "answered", or the kind and message of its fault.
import { oid } from '../../core/domain/oid.ts';
import { hbaseFault, HBaseError } from '../../core/hbase/errors.ts';
import { LOCATION_FAMILY, LOCATION_QUALIFIER, saltedOid } from '../../core/layout/hbase.ts';
import { readConfig } from '../../core/process/config.ts';
import { messageOf } from '../../core/process/errors.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import { kafkaCluster } from '../../core/stores/kafka/cluster-facts.ts';
import { logProducer } from '../../core/stores/kafka/producer.ts';
import { topicIdOf } from '../../core/stores/kafka/topic-id.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';

const config = readConfig();
const admin = logAdmin(config);
const producer = logProducer(config);
const hbase = openHBase(config, { callTimeoutMs: 5_000, operationTimeoutMs: 6_000 });
const files = hdfs(config);
const table = `${config.HBASE_NAMESPACE}:locations`;
/** A place, as other readers of the table expect. */
const row = saltedOid(oid(4_711));
const cell = { family: LOCATION_FAMILY, qualifier: LOCATION_QUALIFIER, timestamp: 1, value: Buffer.from('asked') };

/** Throws if a row was refused, as the stores do. */
async function settled(answers: Promise<readonly { status: string; error?: Error }[]>): Promise<void> {
  for (const answer of await answers) if (answer.status === 'failed') throw answer.error!;
}

const everything = { hasTopic: () => true, hasGroup: () => true };
const questions: Record<string, () => Promise<unknown>> = {
  'kafka topic': () => admin.facts().then((facts) => facts ?? Promise.reject(new Error('no such topic'))),
  'kafka id': () => topicIdOf(config, config.KAFKA_TOPIC),
  'kafka cluster': () => kafkaCluster(config).look({ ...everything, signal: AbortSignal.timeout(8_000) }),
  'kafka write': () => producer.tick([0]),
  'hbase read': () => settled(hbase.get(table, [{ row }])),
  'hbase write': () => settled(hbase.put(table, [{ row, cells: [cell] }])),
  'hdfs read': () => files.facts(''),
  'hdfs write': () => files.write('lake/asked', Buffer.from('asked')),
  'hdfs remove': () => files.remove('lake'),
};

const wanted = process.argv.slice(2);
const answers = await Promise.all(
  wanted.map(async (question) => {
    try {
      await questions[question]!();
      return [question, 'answered'];
    } catch (thrown) {
      // As the stores hand it to their callers.
      const fault = thrown instanceof HBaseError ? hbaseFault(table, thrown) : thrown;
      return [question, `${fault instanceof Error ? fault.name : 'fault'}: ${messageOf(fault)}`];
    }
  }),
);
process.stdout.write(`${JSON.stringify(Object.fromEntries(answers))}\n`);
process.exit(0);
