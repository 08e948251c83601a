/** `sightline start`, which is what `npm start` runs: everything on this machine, until Ctrl-C. */
import { Command, Option } from 'commander';
import { runCommand, stopOrders } from '../../core/process/life.ts';
import type { StartOptions } from './options.ts';
import { epochLength, numberBetween, wholeBetween } from './options.ts';
import { start } from './start.ts';
import { cassandraNodesOption, storesOption } from '../stack/wish-options.ts';

export function startCommand(): Command {
  return new Command('start')
    .description('run everything on this machine: the stack, the layers, the dashboard and simulated cameras')
    .option(
      '--rate <n>',
      'new detections a second from simulated cameras; 0: no cameras',
      numberBetween(0, 1_000_000),
      10_000,
    )
    .option('--copies <share>', 'share of detections that upstream sends again', numberBetween(0, 1), 0.1)
    .option(
      '--epoch-seconds <s>',
      'length of an epoch, a divisor of 86,400 (300 on a new system, else as recorded)',
      epochLength,
    )
    .option('--workers <n>', 'speed workers, sharing the partitions', wholeBetween(1, 64), 1)
    .addOption(
      new Option('--engine <name>', 'what counts: workers, or one engine on Spark (docs/spark.md)')
        .choices(['worker', 'spark'])
        .default('worker'),
    )
    .addOption(
      new Option('--trigger <name>', 'with --engine spark: how Spark reads').choices(['microbatch', 'realtime']),
    )
    .addOption(storesOption())
    .addOption(cassandraNodesOption())
    .option(
      '--reserve-gb <n>',
      'pause the cameras when the disk has less than this free',
      numberBetween(0, 100_000),
      10,
    )
    .option('--truth <file>', 'append to this CSV every record that Kafka acknowledged')
    .option('--places <file.csv>', 'dataset B for a new system (default: the places that come with the project)')
    .option('--secured', 'on the stack with Kerberos, TLS and ACLs, each part as a user of its own (docs/security.md)')
    .option('--observe', 'run Prometheus and Alertmanager too, with the rules and alerts of observe/rules')
    .option(
      '--footage',
      'take in pictures and films too: simulated cameras, Flume, settling in HDFS, analysis if Spark is set up',
    )
    .option(
      '--frames-per-second <n>',
      'with --footage: pictures and films a second from simulated cameras',
      numberBetween(0.1, 200),
      20,
    )
    .addHelpText('after', help)
    .action((given: Omit<StartOptions, 'reserveGigabytes'> & { reserveGb: number }) =>
      runCommand(() =>
        start({ ...given, reserveGigabytes: given.reserveGb }, stopOrders({ withParent: isRunByNpm() })),
      ),
    );
}

/** Under npm the shell waits for npm only: a start that outlived npm would run on without an owner. */
function isRunByNpm(): boolean {
  return process.env.npm_lifecycle_event !== undefined;
}

const help = `
Environment:
  PORT                        of the dashboard (3000)
  SIGHTLINE_HOME              where jars, data and logs go (default: .sightline in the project)
  SIGHTLINE_STACK             the name of a second stack, with a folder of its own
  FOOTAGE_FOLDER              with --footage: where cameras hand over (data/footage in the stack's folder)
  SIGHTLINE_PORT_BASE_OFFSET  added to the ports of Kafka, HDFS, and HBase with ZooKeeper or Cassandra
  and every variable of the layers' configuration (docs/clusters.md)

Ctrl-C stops everything in order; all data is kept. A second one, a second or more later, kills what is left; SIGTERM
and a closed terminal (SIGHUP) stop as Ctrl-C does. If a start is killed with -9, the next start takes over what it
left running; "sightline cluster down" stops it. "sightline cluster reset" deletes the data.`;
