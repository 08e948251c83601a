/**
 * The checks of `sightline doctor`: what may be wrong with this machine or with the clusters that the environment
 * names.
 *
 * Each check asks one question and returns what it found, or what is wrong and how to correct it. A check changes
 * nothing, ends within a time limit, and does not depend on other checks.
 */
import { spawnSync } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import type { LayerName } from '../../admin/prepare/grants.ts';
import { compareRights } from '../../admin/prepare/rights.ts';
import { nameNodesOf } from '../../core/process/hdfs-access.ts';
import { findJava, findMaven } from '../cluster/tools.ts';
import type { Stack } from '../stack/stack.ts';
import type { Config } from '../../core/process/config.ts';
import { faultText, leastRetentionMs, topicFaults } from '../../core/layout/topic-settings.ts';
import { messageOf } from '../../core/process/errors.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import { openRowStore } from '../../core/stores/open.ts';
import { readRules } from '../../core/stores/control/recorded-rules.ts';

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do. */
  readonly found: string;
}

const LEAST_FREE_GIGABYTES = 20;

/** Runs every check; one line each, in a fixed order. */
export async function examine(config: Config, stack: Stack, layer?: LayerName): Promise<Finding[]> {
  const checks: readonly [string, () => Promise<string>][] = [
    ['Node', async () => process.version],
    ['Java', () => findJava()],
    ['Maven', () => findMaven()],
    ['Python', async () => versionOf('python3', '--version', 'apt-get install python3 python3-venv')],
    ['C++ tool chain', async () => versionOf('g++', '--version', 'apt-get install build-essential')],
    ['free disk', () => freeDisk(stack)],
    [`Kafka at ${config.KAFKA_BROKERS}`, () => kafka(config)],
    [rowStoreName(config), () => rowStore(config)],
    [`HDFS at ${nameNodesOf(config).join(', ')}`, () => lake(config)],
    ['recorded rules', () => rules(config)],
    ...rightsChecks(config, layer),
  ];
  return Promise.all(checks.map(([check, ask]) => finding(check, ask)));
}

function rowStoreName({ STORES, HBASE_ZOOKEEPER, CASSANDRA_NODES }: Config): string {
  return STORES === 'cassandra' ? `Cassandra at ${CASSANDRA_NODES}` : `HBase behind ${HBASE_ZOOKEEPER}`;
}

async function finding(check: string, ask: () => Promise<string>): Promise<Finding> {
  try {
    return { check, ok: true, found: await ask() };
  } catch (thrown) {
    return { check, ok: false, found: messageOf(thrown) };
  }
}

function versionOf(program: string, flag: string, remedy: string): string {
  const { status, stdout } = spawnSync(program, [flag], { encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) throw new Error(`${program} was not found; on Debian and Ubuntu: ${remedy}`);
  return stdout.split('\n')[0]!.trim();
}

async function freeDisk(stack: Stack): Promise<string> {
  const { bavail, bsize } = await statfs(stack.folder).catch(() => statfs('.'));
  const gigabytes = Math.round((bavail * bsize) / 1e9);
  if (gigabytes < LEAST_FREE_GIGABYTES) {
    throw new Error(`${gigabytes} GB are free; 10,000 detections a second need about 20 GB an hour on this machine`);
  }
  return `${gigabytes} GB`;
}

async function kafka(config: Config): Promise<string> {
  const admin = logAdmin(config);
  try {
    const facts = await admin.facts();
    if (!facts)
      throw new Error(
        `it answers, but topic ${config.KAFKA_TOPIC} is missing, or this user may not see it; ` +
          '"sightline prepare" creates it, and --layer checks rights',
      );
    const faults = topicFaults(facts, leastRetentionMs(config.EPOCH_SECONDS, config.ARCHIVE_EVERY_SECONDS * 1_000));
    if (faults.length > 0) throw new Error(faults.map((fault) => faultText(fault, facts.brokers)).join('\n      '));
    return `topic ${config.KAFKA_TOPIC} with ${facts.partitionCount} partitions`;
  } finally {
    await admin.close();
  }
}

async function rowStore(config: Config): Promise<string> {
  const store = openRowStore(config, { operationTimeoutMs: 5_000, callTimeoutMs: 5_000 });
  try {
    await store.ping();
    const reference = await store.control.reference().catch((fault: unknown) => {
      if (!store.isWithoutTables(fault)) throw fault;
      throw new Error(`it answers, but ${store.space} has no tables; "sightline prepare" creates them`);
    });
    const forgets = await store.durabilityFault();
    if (forgets !== null) throw new Error(forgets);
    return reference
      ? `places table version ${reference.version}`
      : 'no places yet; "sightline reference load FILE.csv" names them';
  } finally {
    await store.close();
  }
}

async function lake(config: Config): Promise<string> {
  const { freeBytes } = await hdfs(config).capacity();
  return `${Math.round(freeBytes / 1e9)} GB free for ${config.SIGHTLINE_ROOT}`;
}

function rightsChecks(config: Config, layer: LayerName | undefined): [string, () => Promise<string>][] {
  return layer === undefined ? [] : [[`rights of ${layer}`, () => rights(config, layer)]];
}

async function rights(config: Config, layer: LayerName): Promise<string> {
  const { missing, surplus } = await compareRights(config, layer);
  if (missing.length > 0)
    throw new Error(
      `this user may not do what ${layer} must:\n      ${missing.join('\n      ')}\n      ` +
        '"sightline prepare --print-grants" prints what an administrator grants',
    );
  // More than needed works; an operator should know it.
  return surplus.length === 0
    ? 'exactly what is needed'
    : `what is needed, and more:\n      ${surplus.join('\n      ')}`;
}

async function rules(config: Config): Promise<string> {
  const admin = logAdmin(config);
  const store = openRowStore(config, { operationTimeoutMs: 5_000, callTimeoutMs: 5_000 });
  try {
    const { control } = store;
    if (!(await control.rules())) return 'none yet; the first process that counts records them';
    const { generation, epochSeconds } = await readRules(config, admin, control);
    return `generation ${generation}, epochs of ${epochSeconds} s`;
  } finally {
    await Promise.all([admin.close(), store.close()]);
  }
}
