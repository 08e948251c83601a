/**
 * The newest end of each partition: the offset that its next record will get.
 *
 * admin.ts asks for it; serving measures its freshness by it. The admin client of kafkajs returns the last stable
 * offset, up to which Kafka delivers committed records. Behind a hanging transaction that offset stands still, while
 * the log still acknowledges records that no consumer gets. kafkajs can ask for the newest end too, but only its
 * consumers do so, internally. So this file uses the internal cluster object of kafkajs by its symbol's name; a
 * contract test compares the result with the broker's.
 */
import type { Kafka } from 'kafkajs';

/** What is used of kafkajs's cluster. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number }[];
  fetchTopicsOffset(
    topics: { topic: string; fromBeginning: boolean; partitions: { partition: number }[] }[],
  ): Promise<{ partitions: { partition: number; offset: string }[] }[]>;
}

const READ_UNCOMMITTED = 0;

export interface NewestEnds {
  /** By partition. After a failure the next question opens other connections. */
  ask(): Promise<number[]>;
  close(): Promise<void>;
}

export function newestEnds(kafka: Kafka, topic: string): NewestEnds {
  let open: Promise<Cluster> | null = null;
  const close = async (): Promise<void> => {
    const closing = open;
    open = null;
    await closing?.then((cluster) => cluster.disconnect()).catch(() => undefined);
  };
  return {
    close,
    async ask() {
      const cluster = (open ??= connect(kafka, topic));
      try {
        return await endsOf(await cluster, topic);
      } catch (fault) {
        if (open === cluster) await close();
        throw fault;
      }
    },
  };
}

async function connect(kafka: Kafka, topic: string): Promise<Cluster> {
  const cluster = createCluster(kafka);
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  return cluster;
}

async function endsOf(cluster: Cluster, topic: string): Promise<number[]> {
  await cluster.refreshMetadataIfNecessary();
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId }));
  const [answer] = await cluster.fetchTopicsOffset([{ topic, fromBeginning: false, partitions }]);
  const ends: number[] = [];
  for (const { partition, offset } of answer?.partitions ?? []) ends[partition] = Number(offset);
  return ends;
}

function createCluster(kafka: Kafka): Cluster {
  const name = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const create = name && (kafka as unknown as Record<symbol, (options: object) => Cluster>)[name];
  if (!create)
    throw new Error(
      'This version of kafkajs has no internal createCluster; core/stores/kafka/newest-ends.ts was written for 2.2',
    );
  return create({ allowAutoTopicCreation: false, isolationLevel: READ_UNCOMMITTED });
}
