/**
 * Compares what a layer must be allowed to do (grants.ts) with what Kafka, HBase and HDFS say that this user may do.
 *
 * `sightline doctor --layer NAME` shows what is missing and what is too much. Each store is asked for its own answer;
 * nothing is tried out. A right is a text such as "Kafka topic detections: READ".
 */
import { LAKE } from '../../core/layout/lake.ts';
import type { Config } from '../../core/process/config.ts';
import { allowedInFolders } from '../../core/stores/hdfs/allowed.ts';
import type { Acl } from '../../core/stores/kafka/acls.ts';
import { allowedOnGroup, allowedOnTopic } from '../../core/stores/kafka/allowed.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import type { LayerName } from './grants.ts';
import { grantsFor } from './grants.ts';

/** What Kafka allows besides whoever may do the first (its authorizer says the same). */
const IMPLIED: Partial<Record<Acl['operation'], readonly Acl['operation'][]>> = {
  READ: ['DESCRIBE'],
  WRITE: ['DESCRIBE'],
  ALTER: ['DESCRIBE'],
  ALTER_CONFIGS: ['DESCRIBE_CONFIGS'],
};

const FOLDERS = ['', LAKE, 'footage'];

export interface RightsFound {
  readonly missing: readonly string[];
  /** Held and not needed. */
  readonly surplus: readonly string[];
}

export async function compareRights(config: Config, layer: LayerName): Promise<RightsFound> {
  const [needed, held] = [neededRights(config, layer), await heldRights(config, layer)];
  return {
    missing: [...grantedRights(config, layer)].filter((right) => !held.has(right)).sort(),
    surplus: [...held].filter((right) => !needed.has(right)).sort(),
  };
}

/** What is granted, and what Kafka allows along with it. */
export function neededRights(config: Config, layer: LayerName): ReadonlySet<string> {
  return rightsFrom(config, layer, (operation) => [operation, ...(IMPLIED[operation] ?? [])]);
}

/** What an administrator grants. */
function grantedRights(config: Config, layer: LayerName): ReadonlySet<string> {
  return rightsFrom(config, layer, (operation) => [operation]);
}

type Operation = Acl['operation'];

function rightsFrom(
  config: Config,
  layer: LayerName,
  withImplied: (operation: Operation) => readonly Operation[],
): ReadonlySet<string> {
  const { kafka, hbase, hdfs } = grantsFor(config, (name) => name);
  const acls = kafka
    .filter(({ user }) => user === layer)
    .flatMap(({ kind, name, operation }) => withImplied(operation).map((one) => kafkaRight(kind, name, one)));
  if (layer === 'cameras') return new Set(acls);
  const actions = hbase.find(({ user }) => user === layer)?.actions ?? '';
  const folders = FOLDERS.flatMap((folder) => {
    const path = pathOf(config, folder);
    const isOwner = hdfs.some((grant) => grant.path === path && grant.owner === layer);
    // The mode of a folder lets everybody look.
    return [...(isOwner ? 'rwx' : 'rx')].map((letter) => hdfsRight(path, letter));
  });
  return new Set([...acls, ...[...actions].map((letter) => hbaseRight(config, letter)), ...folders]);
}

async function heldRights(config: Config, layer: LayerName): Promise<ReadonlySet<string>> {
  const [kafka, hbase, hdfs] = await Promise.all([
    kafkaRights(config),
    layer === 'cameras' ? [] : hbaseRights(config),
    layer === 'cameras' ? [] : hdfsRights(config),
  ]);
  return new Set([...kafka, ...hbase, ...hdfs]);
}

async function kafkaRights(config: Config): Promise<string[]> {
  const resources = new Map(
    grantsFor(config, (name) => name).kafka.map(({ kind, name }) => [`${kind} ${name}`, { kind, name }]),
  );
  const found = [...resources.values()].map(async ({ kind, name }) => {
    const ask = kind === 'topic' ? allowedOnTopic : allowedOnGroup;
    return (await ask(config, name)).map((operation) => kafkaRight(kind, name, operation));
  });
  return (await Promise.all(found)).flat();
}

async function hbaseRights(config: Config): Promise<string[]> {
  const client = openHBase(config, { operationTimeoutMs: 10_000, callTimeoutMs: 5_000 });
  try {
    return [...(await client.admin.allowed(config.HBASE_NAMESPACE))].map((letter) => hbaseRight(config, letter));
  } finally {
    await client.close();
  }
}

async function hdfsRights(config: Config): Promise<string[]> {
  const found = await allowedInFolders(config, FOLDERS);
  return [...found].flatMap(([folder, letters]) =>
    [...(letters ?? '')].map((letter) => hdfsRight(pathOf(config, folder), letter)),
  );
}

const pathOf = ({ SIGHTLINE_ROOT: root }: Config, folder: string): string =>
  folder === '' ? root : `${root}/${folder}`;
const kafkaRight = (kind: Acl['kind'], name: string, operation: string): string =>
  `Kafka ${kind} ${name}: ${operation}`;
const hbaseRight = ({ HBASE_NAMESPACE }: Config, letter: string): string =>
  `HBase namespace ${HBASE_NAMESPACE}: ${letter}`;
const hdfsRight = (path: string, letter: string): string => `HDFS ${path}: ${letter}`;
