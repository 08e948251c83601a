/**
 * A topic, a namespace and a folder of a benchmark's own on the stack of the environment, and the pids of its daemons.
 *
 * `SIGHTLINE_STACK=bench SIGHTLINE_PORT_BASE_OFFSET=10700 npx sightline cluster up` makes such a stack and prints the
 * variables that name it. Everything is removed afterwards, so that runs do not slow each other down.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { prepare } from '../../admin/prepare/prepare.ts';
import { readPlaces } from '../../admin/reference/places.ts';
import { clusterStatus } from '../../hadoop-compose/cluster/status.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { withRowStore } from '../../hadoop-compose/stack/row-store.ts';
import { dropTables } from '../../test/support/store-tables.ts';

export interface BenchWorld {
  readonly environment: NodeJS.ProcessEnv;
  readonly config: Config;
  /** Pids of the daemons by name. */
  readonly daemons: Readonly<Record<string, number>>;
  drop(): Promise<void>;
}

/** Another namespace and consumer group over the same topic: nothing of it is counted there. */
export async function worldBeside(world: BenchWorld, name: string): Promise<BenchWorld> {
  const namespace = `${world.config.HBASE_NAMESPACE}_${name}`;
  const environment = { ...world.environment, HBASE_NAMESPACE: namespace, KAFKA_GROUP: namespace };
  const config = readConfig(environment);
  await prepare(config, () => undefined, readPlaces());
  return { environment, config, daemons: world.daemons, drop: () => dropTables(config) };
}

export async function benchWorld(settings: Record<string, string> = {}): Promise<BenchWorld> {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  const home = join(tmpdir(), name);
  const environment = {
    ...process.env,
    KAFKA_TOPIC: name,
    KAFKA_GROUP: name,
    HBASE_NAMESPACE: name,
    SIGHTLINE_ROOT: `/sightline/${name}`,
    SIGHTLINE_HOME: home,
    LOG_LEVEL: 'warn',
    ...settings,
  };
  const config = readConfig(environment);
  const running = await clusterStatus(withRowStore(stackFrom(), {}));
  const down = running.filter(({ state }) => state !== 'ready');
  if (down.length > 0)
    throw new Error(
      `not ready: ${down.map(({ daemon }) => daemon).join(', ')}; "sightline cluster up" starts the stack`,
    );
  await prepare(config, () => undefined, readPlaces());
  return {
    environment,
    config,
    daemons: Object.fromEntries(running.map(({ daemon, pid }) => [daemon, pid!])),
    async drop() {
      await dropTables(config);
      const admin = new kafkajs.Kafka({
        brokers: config.KAFKA_BROKERS.split(','),
        logLevel: kafkajs.logLevel.NOTHING,
      }).admin();
      await admin.deleteTopics({ topics: [name, `${name}.dlq`] });
      await admin.disconnect();
      await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
      await rm(home, { recursive: true, force: true });
    },
  };
}
