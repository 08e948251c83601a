/**
 * Takes away each grant that `prepare --print-grants` prints, one at a time, as the administrator of a secured stack,
 * and asks what the layer's own user is told of its rights meanwhile.
 *
 * A grant is taken by the store's own means: an ACL is deleted, a letter left out of what HBase grants, a folder given
 * to the administrator. It is given back before the next one is taken.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LayerName } from '../../admin/prepare/grants.ts';
import { grantsFor } from '../../admin/prepare/grants.ts';
import type { RightsFound } from '../../admin/prepare/rights.ts';
import type { Config } from '../../core/process/config.ts';
import type { Acl } from '../../core/stores/kafka/acls.ts';
import { allow, allowance } from '../../core/stores/kafka/acls.ts';
import { kafkaJsClient } from '../../core/stores/kafka/kafkajs-client.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import { askWeb } from '../../hadoop-compose/cluster/web.ts';
import { administrator, environmentOf } from '../../hadoop-compose/secured/identity.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { eventually } from './main-job.ts';
import { environmentWith, ROOT } from './secured-stack.ts';

const SEEN_LIMIT_MS = 60_000;

export interface Grant {
  /** As `doctor --layer` calls it. */
  readonly right: string;
  take(): Promise<void>;
  giveBack(): Promise<void>;
}

export interface Watcher {
  /** What the layer's user is told now. */
  rights(): Promise<RightsFound>;
  end(): Promise<void>;
}

/** Every grant of this layer. */
export function grantsOf(stack: Stack, layer: LayerName): Grant[] {
  const config = administrator(stack);
  const { kafka, hbase, hdfs } = grantsFor(config, (name) => name);
  const acls = kafka.filter(({ user }) => user === layer);
  const actions = hbase.find(({ user }) => user === layer)?.actions ?? '';
  const grantHBase = (letters: string): Promise<void> => inHBase(config, layer, letters);
  return [
    ...acls.map((acl) => ({
      right: `Kafka ${acl.kind} ${acl.name}: ${acl.operation}`,
      take: () => disallow(config, acl),
      giveBack: () => allow(config, [acl]),
    })),
    ...[...actions].map((letter) => ({
      right: `HBase namespace ${config.HBASE_NAMESPACE}: ${letter}`,
      take: () => grantHBase(actions.replace(letter, '')),
      giveBack: () => grantHBase(actions),
    })),
    ...hdfs
      .filter(({ owner }) => owner === layer)
      .map(({ path }) => ({
        right: `HDFS ${path}: w`,
        take: () => giveFolder(stack, path, 'admin'),
        giveBack: () => giveFolder(stack, path, layer),
      })),
  ];
}

/** A process of the layer's user, which asks again and again. */
export function watcherOf(stack: Stack, layer: LayerName): Watcher {
  const program = fileURLToPath(new URL('rights-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, layer], {
    cwd: ROOT,
    env: environmentWith(environmentOf(stack, layer)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async rights() {
      child.stdin.write('again\n');
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the process of ${layer} ended`);
      return JSON.parse(value as string) as RightsFound;
    },
    async end() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

/** Stores tell each other of a change after they have answered. */
export async function isMissingSoon(watcher: Watcher, right: string): Promise<void> {
  // Kafka tells nothing of a topic that may not be described any more: then all rights on it are missing.
  const isSame = (other: string): boolean => storeOf(other) === storeOf(right);
  await eventually(
    `missing: ${right}`,
    () => watcher.rights(),
    ({ missing }) => missing.includes(right) && missing.every(isSame),
    SEEN_LIMIT_MS,
  );
}

export async function isWholeSoon(watcher: Watcher): Promise<void> {
  await eventually(
    'nothing is missing',
    () => watcher.rights(),
    ({ missing, surplus }) => missing.length + surplus.length === 0,
    SEEN_LIMIT_MS,
  );
}

/** "Kafka topic detections" of "Kafka topic detections: READ". */
const storeOf = (right: string): string => right.slice(0, right.lastIndexOf(': '));

async function disallow(config: Config, acl: Acl): Promise<void> {
  const admin = kafkaJsClient(config, 'sightline.admin', SEEN_LIMIT_MS).admin();
  try {
    await admin.connect();
    await admin.deleteAcls({ filters: [allowance(acl)] });
  } finally {
    await admin.disconnect();
  }
}

/** HBase has no way to grant nothing: without a letter the user gets X, which no layer uses alone. */
async function inHBase(config: Config, user: string, letters: string): Promise<void> {
  const hbase = openHBase(config);
  try {
    await hbase.admin.grant(user, config.HBASE_NAMESPACE, letters || 'X');
  } finally {
    await hbase.close();
  }
}

async function giveFolder(stack: Stack, path: string, owner: string): Promise<void> {
  const query = new URLSearchParams({ op: 'SETOWNER', owner });
  const { status, text } = await askWeb(stack, {
    port: stack.ports.namenodeHttp,
    path: `/webhdfs/v1${path}?${query}`,
    method: 'PUT',
    signal: AbortSignal.timeout(SEEN_LIMIT_MS),
  });
  if (status !== 200) throw new Error(`${path} could not be given to ${owner}: ${text.slice(0, 300)}`);
}
