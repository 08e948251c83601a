/** `sightline topic correct-stamps`: stamps of a broker whose clock ran ahead no longer count (correct.ts). */
import type { Command } from 'commander';
import type { CorrectPorts, Plan } from './correct.ts';
import { allPartitions } from '../../core/domain/growth.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import { openStores } from '../../core/stores/open.ts';
import { correct, planFor } from './correct.ts';

interface Options {
  readonly partition: string;
  readonly from?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
}

interface Wanted {
  readonly partition: number;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export function addCorrectStamps(topic: Command): void {
  topic
    .command('correct-stamps')
    .description(
      'take stamps of a broker whose clock ran ahead for what they are: they count as the arrival before them',
    )
    .requiredOption('--partition <n>', 'the partition that is held')
    .option('--from <offset>', 'the first record, to be sure that it is the one that you looked at')
    .option('--to <offset>', 'the last record; without it the last of the run that is ahead')
    .option('--dry-run', 'say what would be recorded, and record nothing')
    .addHelpText('after', HELP)
    .action((options: Options) => runCommand(() => run(options)));
}

async function run(options: Options): Promise<number> {
  const wanted = readOptions(options);
  const config = readConfig();
  const signal = stopSignal();
  const stores = await withRetry(COMMAND_RETRY, () => openStores(config), { signal });
  const reader = logReader(config);
  try {
    const { control } = stores;
    const { growths } = await control.growth(stores.rules.generation);
    const rules = { ...stores.rules, growths };
    if (!allPartitions(rules).includes(wanted.partition)) {
      throw new Refusal(
        EXIT.usage,
        `--partition is ${wanted.partition}; the topic has partitions 0 to ${allPartitions(rules).length - 1}`,
      );
    }
    const aheadMs = config.BROKER_AHEAD_SECONDS * 1_000;
    const ports: CorrectPorts = {
      rules,
      control,
      reader: { read: (partition, from) => reader.read(partition, from, signal) },
      now: Date.now,
      aheadMs,
    };
    const plan = await withRetry(COMMAND_RETRY, () => planFor(ports, wanted.partition, wanted.to), { signal });
    if (!plan) return await nothingToDo(ports, wanted.partition);
    checkOptions(wanted, plan);
    if (options.dryRun === true) {
      process.stdout.write(`would correct ${textOf(plan)}; nothing was recorded\n`);
    } else {
      const done = await withRetry(COMMAND_RETRY, () => correct(ports, plan), { signal });
      process.stdout.write(
        `${done === 'recorded' ? 'corrected' : 'somebody else has just corrected'} ${textOf(plan)}\n`,
      );
    }
    warn(plan);
    return EXIT.done;
  } finally {
    await reader.close();
    await stores.close();
  }
}

function readOptions({ partition, from, to }: Options): Wanted {
  const whole = (name: string, text: string | undefined): number | undefined => {
    if (text === undefined || /^(0|[1-9]\d{0,14})$/.test(text)) return text === undefined ? undefined : Number(text);
    throw new Refusal(EXIT.usage, `${name} is "${text}"; a whole number from 0 was expected`);
  };
  return { partition: whole('--partition', partition)!, from: whole('--from', from), to: whole('--to', to) };
}

/** A correction begins where readers wait, and reaches to a record that is there. */
function checkOptions({ from, to }: Wanted, { partition, correction }: Plan): void {
  if (from !== undefined && from !== correction.from) {
    throw new Refusal(
      EXIT.usage,
      `--from is ${from}; in partition ${partition} the first record that is ahead is offset ${correction.from}. ` +
        'Begin there, or leave --from out',
    );
  }
  if (to !== undefined && to < correction.from) {
    throw new Refusal(
      EXIT.usage,
      `--to is ${to}; the first record of partition ${partition} that is ahead is offset ${correction.from}`,
    );
  }
  if (to !== undefined && to > correction.to) {
    throw new Refusal(
      EXIT.usage,
      `--to is ${to}; the last record that partition ${partition} holds before the next correction is offset ` +
        `${correction.to}`,
    );
  }
}

async function nothingToDo({ rules, control, aheadMs }: CorrectPorts, partition: number): Promise<number> {
  const [found] = await control.stamps(rules.logLife, [partition]);
  const corrected = found!.corrections.map(({ from, to }) => `${from} to ${to}`).join(', ');
  process.stderr.write(
    `No record of partition ${partition} that is still to be decided is stamped more than ${aheadMs / 1_000} s ` +
      `ahead of this machine's clock (${new Date().toISOString()})` +
      `${corrected === '' ? '' : `; corrected before: offsets ${corrected}`}\n`,
  );
  return EXIT.nothing_to_do;
}

function textOf({ partition, correction: { from, to }, records, stamp, greatestStamp, arrival }: Plan): string {
  const stamps = stamp === greatestStamp ? time(stamp) : `${time(stamp)} up to ${time(greatestStamp)}`;
  const counted = records === 1 ? '1 record' : `${records} records`;
  return (
    `offsets ${from} to ${to} of partition ${partition}: ${counted} stamped ${stamps} count as arrived ` +
    `${arrival === 0 ? 'before all others' : time(arrival)}`
  );
}

function warn({ partition, deadLetters, reachesEnd }: Plan): void {
  if (deadLetters > 0) {
    process.stderr.write(
      `${deadLetters} of them become dead letters, because their own time is more than CLOCK_AHEAD_DAYS after that ` +
        'arrival: the partition was quiet before. They are kept; "sightline dlq replay" publishes them again, ' +
        'and then they count.\n',
    );
  }
  if (reachesEnd)
    process.stderr.write(
      `The last record of partition ${partition} is ahead too. If the broker's clock is still wrong, ` +
        'the next one is held again: put it right first.\n',
    );
}

const time = (t: number): string => (Math.abs(t) <= 8.64e15 ? new Date(t).toISOString() : `${t} ms since 1970`);

const HELP = `
A record's stamp says when it arrived. A broker whose clock runs ahead stamps records with a time in the future, and
workers and the archive wait before such a record until their clocks reach its stamp, or until you run this command.
Correct the broker's clock first. Then look with --dry-run: it finds the first record that is ahead, and those behind
it. A recorded correction is never changed, and holds for both layers, the archive and every rebuild. The command
refuses if a reader has already passed the first record, because its clock ran ahead or has reached the stamp. Safe to
stop and to repeat at any point.

Exit codes: 0 done, 2 usage, 3 nothing is ahead (or it was corrected before), 4 a reader has passed it, 5 Kafka or
the store of rows is away.

Example:
  sightline topic correct-stamps --partition 3 --dry-run
  sightline topic correct-stamps --partition 3`;
