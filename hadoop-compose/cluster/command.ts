/**
 * `sightline cluster up|status|down|reset`: the stack on this machine, by hand.
 *
 * Data goes to standard output, all else to standard error. Exit codes: 0 done, 2 wrong usage, 5 something is missing
 * or does not work; the message says what to do before the next try.
 */
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { EXIT } from '../../core/process/errors.ts';
import { readConfig } from '../../core/process/config.ts';
import { runCommand, stopOrders } from '../../core/process/life.ts';
import { prepare } from '../../admin/prepare/prepare.ts';
import { clusterDown, clusterReset, stopDaemons } from './down.ts';
import { ClusterError } from '../stack/errors.ts';
import { makeHdfsFolders } from './hdfs-folders.ts';
import { LAPTOP } from './laptop.ts';
import { addressesOf } from '../stack/ports.ts';
import type { StoreWish } from '../stack/row-store.ts';
import { addressesIn, storesIn, withRowStore } from '../stack/row-store.ts';
import { cassandraNodesOption, haOption, storesOption } from '../stack/wish-options.ts';
import type { Say } from '../../core/process/step-log.ts';
import { sayOn } from '../../core/process/step-log.ts';
import { stackFrom } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { admitUsers } from './admit-users.ts';
import { ensureKerberos } from '../secured/kerberos-package.ts';
import { KAFKA_USERS, secretFile } from '../secured/secrets.ts';
import { forgetStarter, starterOf } from './starter.ts';
import { clusterStatus, statusTable } from './status.ts';
import { clusterUp } from './up.ts';

const SECURED = 'the stack with Kerberos, TLS and ACLs, which has a folder and ports of its own';

interface Chosen {
  readonly secured?: boolean;
}

const stackOf = ({ secured = false }: Chosen): Stack => stackFrom(process.env, { isSecured: secured });

export function clusterCommand(): Command {
  const cluster = new Command('cluster')
    .description('Kafka, HDFS, and HBase with ZooKeeper or Cassandra, as processes on this machine')
    .addHelpText('after', environmentHelp);
  cluster
    .command('up')
    .description('start what is not running, wait until all of it is ready, and create topics, tables and folders')
    .option('--secured', SECURED)
    .addOption(storesOption())
    .addOption(cassandraNodesOption())
    .addOption(haOption())
    .action((options: Chosen & StoreWish) => runCommand(() => up(withWish(stackOf(options), options))));
  cluster
    .command('status')
    .description('say what runs, and whether it is ready (exit 5 if not all is)')
    .option('--json', 'as JSON on standard output')
    .option('--secured', SECURED)
    .action((options: Chosen & { json?: boolean }) =>
      runCommand(() => status(stackOf(options), options.json === true)),
    );
  cluster
    .command('down')
    .description('stop everything in order; all data is kept')
    .option('--secured', SECURED)
    .action((options: Chosen) => runCommand(() => down(stackOf(options))));
  cluster
    .command('reset')
    .description('stop everything and delete all data, logs and configuration of the stack')
    .option('--yes', 'do not ask')
    .option('--secured', SECURED)
    .action((options: Chosen & { yes?: boolean }) => runCommand(() => reset(stackOf(options), options.yes === true)));
  return cluster;
}

/** Told to stop, it stops what it has launched, and nothing that ran before. */
async function up(stack: Stack): Promise<void> {
  const say = sayOn();
  if (stack.isSecured) await ensureKerberos(say);
  const { stop, hurry } = stopOrders();
  const before = starterOf(stack);
  const { started } = await clusterUp(stack, say, stop, { hurry });
  try {
    if (stack.isSecured) await admitUsers(stack, say, stop);
    else await preparePlain(stack, say, stop);
    stop.throwIfAborted();
  } catch (fault) {
    if (stop.aborted) await stopDaemons(stack, started, say, hurry);
    throw fault;
  }
  if (before?.state === 'gone') {
    forgetStarter(stack);
    say('cluster', `npm start (process ${before.pid}) had been killed; its daemons stay up until "cluster down"`);
  }
  say('cluster', started.length === 0 ? 'was up already' : `is up (${started.join(', ')} started)`);
  const addresses = stack.isSecured ? addressesOf(stack.ports, true) : addressesIn(stack);
  for (const [name, value] of Object.entries(addresses).filter(([, value]) => value !== ''))
    process.stderr.write(`  ${name}=${value}\n`);
  if (stack.isSecured) process.stderr.write(usersText(stack));
}

function withWish(stack: Stack, { stores, cassandraNodes, ha }: StoreWish): Stack {
  return withRowStore(stack, { stores: stores ?? storesIn(process.env), cassandraNodes, ha });
}

async function preparePlain(stack: Stack, say: Say, stop: AbortSignal): Promise<void> {
  const config = readConfig({ ...LAPTOP, ...process.env, ...addressesIn(stack) } as NodeJS.ProcessEnv);
  await makeHdfsFolders(stack, config, stop);
  await prepare(config, say, undefined, stop);
}

function usersText(stack: Stack): string {
  return (
    `  the settings of a user: set -a; . ${secretFile(stack, 'speed.env')}\n` + `  (users: ${KAFKA_USERS.join(', ')})\n`
  );
}

async function status(stack: Stack, json: boolean): Promise<number> {
  const rows = await clusterStatus(withRowStore(stack, {}));
  process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : statusTable(rows));
  return rows.every((row) => row.state === 'ready') ? EXIT.done : EXIT.dependency_down;
}

async function down(stack: Stack): Promise<void> {
  const say = sayOn();
  const stopped = await clusterDown(stack, say, hurryOf(say));
  say('cluster', stopped.length === 0 ? 'was down already' : 'is down; its data is kept');
}

async function reset(stack: Stack, yes: boolean): Promise<void> {
  if (!yes && !(await isConfirmed(stack.folder)))
    throw new ClusterError('Nothing was deleted. `--yes` answers the question beforehand.', EXIT.usage);
  const say = sayOn();
  await clusterReset(stack, say, hurryOf(say));
}

/** Stopping is under way already, so the first Ctrl-C changes nothing; the second one makes it quick. */
function hurryOf(say: Say): AbortSignal {
  const { stop, hurry } = stopOrders();
  stop.addEventListener(
    'abort',
    () => say('cluster', 'goes on stopping in order; Ctrl-C once more kills what is left'),
    { once: true },
  );
  return hurry;
}

async function isConfirmed(folder: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Delete all data in ${folder}? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

const environmentHelp = `
Environment:
  SIGHTLINE_HOME              where jars, data and logs go (default: .sightline in the project)
  SIGHTLINE_STACK             the name of a second stack, with a folder of its own
  SIGHTLINE_JARS              where jars are kept (default: jars in SIGHTLINE_HOME)
  SIGHTLINE_PORT_BASE_OFFSET  added to every port
  SIGHTLINE_KAFKA_PORT, SIGHTLINE_ZOOKEEPER_PORT, SIGHTLINE_NAMENODE_HTTP_PORT, …  one port each
  JAVA_HOME                   the JDK to use, 17 or newer`;
