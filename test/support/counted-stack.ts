/**
 * A counted world (counted-world.ts) in the real stores: a topic, a namespace and a folder of its own, made and
 * removed.
 *
 * Needs the addresses of the environment. Rules are recorded as the first process would, but for a log whose oldest
 * record is as old as the world.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { epoch, epochAt, nameOf } from '../../core/domain/epoch.ts';
import { manifestFile } from '../../core/layout/lake.ts';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import type { Stores } from '../../core/stores/open.ts';
import { openRowStore, openStores } from '../../core/stores/open.ts';
import { dropTables } from './store-tables.ts';
import { prepare } from '../../admin/prepare/prepare.ts';
import { writeLake } from './counted-lake.ts';
import { countedReport } from './counted-report.ts';
import type { CountedWorld, Fact } from './counted-world.ts';
import { COUNTED_RULES, countedWorld, writeEpochs } from './counted-world.ts';

export interface CountedStack {
  readonly config: Config;
  /** What a process needs in its environment to work on this stack. */
  readonly environment: Readonly<Record<string, string>>;
  readonly world: CountedWorld;
  readonly stores: Stores;
  /** Writes every fact to the speed view, the first-met rows, and the progress of all. */
  countAll(): Promise<void>;
  /** As the batch layer: batch view, files of the lake and manifests of what is not published yet, then the horizon. */
  publish(upTo: number): Promise<void>;
  remove(): Promise<void>;
}

export async function countedStack(options: { seed: number; now: number; facts: number }): Promise<CountedStack> {
  const name = `contract_${randomBytes(4).toString('hex')}`;
  const environment = {
    KAFKA_TOPIC: name,
    HBASE_NAMESPACE: name,
    SIGHTLINE_ROOT: `/sightline/${name}`,
    EPOCH_SECONDS: String(COUNTED_RULES.epochSeconds),
    KAFKA_PARTITIONS: String(COUNTED_RULES.partitionCount),
  };
  const config = readConfig({ ...process.env, ...environment });
  const world = countedWorld(options);
  await prepare(config, () => undefined);
  await recordRules(config, world);
  const stores = await openStores(config, { callTimeoutMs: 10_000, operationTimeoutMs: 60_000 });
  return {
    config,
    environment,
    world,
    stores,
    async countAll() {
      const open = epochAt(options.now, COUNTED_RULES);
      await writeEpochs(world, stores, { view: 'speed', from: 0, to: open });
      for (let at = 0; at < world.facts.length; at += 2_000)
        await stores.detections.put(world.facts.slice(at, at + 2_000));
      const progress = world.cutsBefore(open + 1).map((nextOffset, partition) => ({
        partition,
        nextOffset,
        arrival: world.arrivalBefore(partition, nextOffset),
        tallies: world.tallies(partition),
      }));
      await stores.control.putProgress(1, progress);
    },
    publish: (upTo) => publish({ world, stores, config }, upTo),
    async remove() {
      await stores.close();
      await removeAll(config);
    },
  };
}

async function publish(
  { world, stores, config }: Pick<CountedStack, 'world' | 'stores' | 'config'>,
  upTo: number,
): Promise<void> {
  const before = await stores.control.horizon(1);
  const from = before ? before.epoch + 1 : world.firstEpoch;
  await writeEpochs(world, stores, { view: 'batch', from, to: upTo });
  // Of the next epoch some cells and files are there already: they must not count.
  await writeEpochs(world, stores, {
    view: 'batch',
    from: upTo + 1,
    to: upTo + 1,
    keep: ({ offset }) => offset % 3 === 0,
  });
  const epochOf = ({ arrival }: Fact): number => epochAt(arrival, COUNTED_RULES);
  const lake = hdfs(config);
  await writeLake(
    world.facts.filter(
      (fact) =>
        epochOf(fact) >= from && (epochOf(fact) <= upTo || (epochOf(fact) === upTo + 1 && fact.offset % 2 === 0)),
    ),
    lake,
  );
  for (let one = from; one <= upTo; one++)
    await lake.write(
      manifestFile(nameOf(epoch(one), COUNTED_RULES)),
      Buffer.from(JSON.stringify(countedReport(world, epoch(one)))),
    );
  const cuts = world.cutsBefore(upTo + 1);
  const arrivals = cuts.map((cut, partition) => world.arrivalBefore(partition, cut));
  assert.ok(
    await stores.control.moveHorizon(1, before, { epoch: epoch(upTo), cuts, arrivals, publishedAt: arrivals[0]! }),
  );
}

async function recordRules(config: Config, world: CountedWorld): Promise<void> {
  const admin = logAdmin(config);
  const store = openRowStore(config);
  const { topicId } = (await admin.facts())!;
  const firstOffsets = new Array<number>(COUNTED_RULES.partitionCount).fill(0);
  await store.control.recordRules({
    generation: 1,
    logLife: 1,
    ...COUNTED_RULES,
    firstEpoch: world.firstEpoch,
    firstOffsets,
    topicId,
  });
  await Promise.all([admin.close(), store.close()]);
}

async function removeAll(config: Config): Promise<void> {
  const name = config.HBASE_NAMESPACE;
  await dropTables(config);
  const kafka = new kafkajs.Kafka({
    brokers: config.KAFKA_BROKERS.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await kafka.deleteTopics({ topics: [name, `${name}.dlq`] });
  await kafka.disconnect();
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
}
