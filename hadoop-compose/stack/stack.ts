/**
 * One stack: where its files lie and which ports it uses. Everything else in this folder is a function of this value.
 *
 *     .sightline/                      SIGHTLINE_HOME
 *       jars/<set>-<hash>/             shared by all stacks; SIGHTLINE_JARS
 *       stack/                         or <name>-stack/ with SIGHTLINE_STACK=<name>; secured-stack/ with --secured
 *         conf/ data/ logs/ pids/ targets/ secrets/ row-store.json   reset deletes these and nothing else
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../core/process/errors.ts';
import { ClusterError } from './errors.ts';
import { jarSetFolder } from './versions.ts';
import type { JarSetName } from './versions.ts';
import { portsFrom, SECURED_OFFSET } from './ports.ts';
import type { Ports } from './ports.ts';

export interface Stack {
  readonly folder: string;
  readonly jarsFolder: string;
  readonly ports: Ports;
  /** Kerberos, TLS and ACLs everywhere (secured/); absent: nothing of it. */
  readonly isSecured?: boolean;
  /** How many nodes of Cassandra keep the rows; undefined: HBase does (row-store.ts). */
  readonly cassandraNodes?: 1 | 3 | undefined;
  /** A second NameNode, master and region server, and three brokers (cluster/ha.ts). */
  readonly isHa?: boolean | undefined;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** A secured stack has a folder and ports of its own, beside the plain one of the same name. */
export function stackFrom(
  env: Readonly<Record<string, string | undefined>> = process.env,
  { isSecured = false }: { isSecured?: boolean } = {},
): Stack {
  const home = resolve(env.SIGHTLINE_HOME || join(repository, '.sightline'));
  const name = env.SIGHTLINE_STACK ?? '';
  if (!/^[a-z0-9-]{0,32}$/.test(name)) {
    throw new ClusterError(`SIGHTLINE_STACK: '${name}' should be up to 32 of a-z, 0-9 and '-'`, EXIT.usage);
  }
  const jarsFolder = resolve(env.SIGHTLINE_JARS || join(home, 'jars'));
  refuseUnusable('SIGHTLINE_HOME', home);
  refuseUnusable('SIGHTLINE_JARS', jarsFolder);
  return {
    folder: join(home, [name, isSecured ? 'secured' : '', 'stack'].filter(Boolean).join('-')),
    jarsFolder,
    ports: portsFrom(env, isSecured ? SECURED_OFFSET : 0),
    isSecured,
  };
}

/**
 * A comma ends a folder in Kafka's and HDFS's lists, a colon one of Java's class path; Hadoop puts values in place of
 * ${…}, hands paths to a shell in quotes, and writes log lines with a path for their format (%).
 */
function refuseUnusable(variable: string, path: string): void {
  if (/\s/.test(path))
    throw new ClusterError(`${variable}: '${path}' holds a blank; the daemons need a path without`, EXIT.usage);
  const found = /[,:*?%$\\"'\p{Cc}]/u.exec(path)?.[0];
  if (found)
    throw new ClusterError(
      `${variable}: '${path}' holds ${JSON.stringify(found)}; the daemons take it for something else than a ` +
        'letter of a path',
      EXIT.usage,
    );
}

export const confFolder = (stack: Stack, family: string): string => join(stack.folder, 'conf', family);
export const dataFolder = (stack: Stack, daemon: string): string => join(stack.folder, 'data', daemon);
/** Keys, passwords and certificates of a secured stack, readable by its owner alone. */
export const secretsFolder = (stack: Pick<Stack, 'folder'>): string => join(stack.folder, 'secrets');
/** Where the agent of `npm start -- --footage` has its folders (footage/folders.ts). */
export const footageFolder = (stack: Stack): string => dataFolder(stack, 'footage');
/** Files in which each process says where Prometheus finds its metrics. */
export const targetsFolder = (stack: Pick<Stack, 'folder'>): string => join(stack.folder, 'targets');
export const logFile = (stack: Stack, daemon: string): string => join(stack.folder, 'logs', `${daemon}.log`);
/** What a daemon prints to its standard output: a JVM that cannot start writes only here. */
export const printFile = (stack: Stack, daemon: string): string => join(stack.folder, 'logs', `${daemon}.out`);
export const jarFolder = (stack: Pick<Stack, 'jarsFolder'>, set: JarSetName): string =>
  join(stack.jarsFolder, jarSetFolder(set));
