/**
 * `sightline produce`: simulated cameras, by hand.
 *
 * Brokers and topic come from the configuration. All other options go to the Python producer, which checks them and
 * ends with 2 if one is wrong. Its exit code is ours: 0 done, 2 usage, 5 Kafka or Python is away. SIGUSR1 pauses,
 * SIGUSR2 resumes.
 */
import { Command, Option } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { runCommand, stopOrders } from '../../core/process/life.ts';
import { readPlaces, writePlaces } from '../../admin/reference/places.ts';
import { startCameras } from './cameras.ts';

export function produceCommand(): Command {
  const command = new Command('produce')
    .description('simulated cameras: publish detections, with copies, strays and late ones, as networks send them')
    .option(
      '--rate <n>',
      'new detections a second, give or take 15 % by the time of day; 0 waits and sends nothing',
      '100',
    )
    .option('--no-rhythm', 'keep the rate the same by day and by night')
    .option('--rise-seconds <s>', 'let the rate rise evenly for so long at the start', '0')
    .option('--count <n>', 'stop after so many new detections')
    .option('--seconds <s>', 'stop after so many seconds')
    .option('--copies <share>', 'share of detections sent again, one to three times each', '0.1')
    .option('--copy-delay-max <s>', 'the slowest copy; most come within five minutes', '7200')
    .option('--strays <share>', 'share of the copies sent by another producer (CRC32) or without a key', '0.4')
    .option('--late <share>', 'share of detections that are minutes to twelve hours old', '0.002')
    .option('--deferred <share>', 'share of detections that are two to six days old', '0')
    .option('--conflicts <share>', 'share of detections followed by a copy that says something else', '0')
    .option(
      '--poison <share>',
      'records that cannot be detections, as a share of the detections; the kinds take turns',
      '0',
    )
    .option('--truth <file>', 'append to this CSV every record that Kafka acknowledged, with partition and offset')
    .option('--no-drain', 'when stopping, drop the copies whose time has not come')
    .option('--stats', 'print a line of JSON every second')
    .option('--seed <n>', 'the same seed makes the same traffic; ids are new all the same')
    .option('--node <n>', 'node number within the ids, 0 to 16383 (random)')
    .option('--cameras <n>', 'how many cameras the city has', '4000')
    .option('--places <csv>', 'dataset B (the file that comes with the project)')
    .addOption(
      new Option('--compression <codec>', 'of the record batches')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('gzip'),
    )
    .option('--metrics-port <port>', 'serve Prometheus metrics on 127.0.0.1; 0 takes a free port')
    .option('--footage <folder>', 'hand over pictures and films too, to the agent whose FOOTAGE_FOLDER this is')
    .option('--frames-per-second <n>', 'pictures and films a second, of all cameras together', '20')
    .option('--wait-seconds <s>', 'how long to wait for Kafka and the topic before giving up', '60')
    .addHelpText('after', help);
  return command.action(() =>
    runCommand(() => produce(argumentsOf(command), command.opts<{ places?: string }>().places)),
  );
}

/**
 * The cameras get a places file that we write for them, so that they accept every file that `reference load` accepts.
 */
async function produce(args: readonly string[], placesFile: string | undefined): Promise<number> {
  const { stop, hurry } = stopOrders();
  const config = readConfig();
  const places = placesFile === undefined ? null : writePlaces(readPlaces(placesFile));
  try {
    const own = places === null ? [] : [`--places=${places.file}`];
    const cameras = await startCameras(
      [`--brokers=${config.KAFKA_BROKERS}`, `--topic=${config.KAFKA_TOPIC}`, ...args, ...own],
      { signal: stop, access: config.KAFKA_ACCESS },
    );
    const end = (): void => void cameras.stop(hurry);
    if (stop.aborted) end();
    stop.addEventListener('abort', end, { once: true });
    for (const order of ['SIGUSR1', 'SIGUSR2'] as const) process.on(order, () => void cameras.process.kill(order));
    return await cameras.ended;
  } finally {
    places?.remove();
  }
}

/** The given options as the producer spells them; a `--no-…` is passed on when it was given. */
export function argumentsOf(command: Command): string[] {
  return command.options.flatMap((option) => {
    const name = option.long ?? '';
    const value: unknown = command.getOptionValue(option.attributeName());
    if (option.negate) return value === false ? [name] : [];
    if (value === true) return [name];
    return value === undefined ? [] : [`${name}=${String(value)}`];
  });
}

const help = `
Environment:
  KAFKA_BROKERS   where to publish (127.0.0.1:9092)
  KAFKA_TOPIC     the topic (detections); it must exist, 'sightline prepare' creates it
  KAFKA_SECURITY_PROTOCOL, KAFKA_CA, KAFKA_SASL_…   how the brokers are entered (docs/security.md)

Signals:
  SIGUSR1 pauses, SIGUSR2 resumes; SIGINT, SIGTERM and SIGHUP stop after the waiting copies were sent. Asked again a
  second or more later, the cameras end at once, without the waiting copies.

Examples:
  sightline produce --rate 10000
  sightline produce --rate 2000 --count 100000 --copies 0.3 --truth truth.csv
  sightline produce --rate 100 --footage .sightline/footage
  sightline produce --rate 500 --poison 0.01 --conflicts 0.001 --deferred 0.001

Exit codes: 0 done, 2 usage, 5 Kafka or Python is away.`;
