/** `sightline topic grow`: more partitions for a topic while it is counted (grow.ts). */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { Stores } from '../../core/stores/open.ts';
import type { GrowPorts } from './grow.ts';
import { nameOf, epochAt } from '../../core/domain/epoch.ts';
import { partitionsEver } from '../../core/domain/growth.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { logProducer } from '../../core/stores/kafka/producer.ts';
import { openStores } from '../../core/stores/open.ts';
import { unreadBefore } from '../../core/stores/control/settled-growth.ts';
import { addCorrectStamps } from './command-correct.ts';
import { check, grow } from './grow.ts';

interface Options {
  readonly partitions: string;
  readonly dryRun?: boolean;
}

const GREATEST_PARTITIONS = 10_000;
const LOOK_EVERY_MS = 500;
const HEED_LIMIT_MS = 120_000;

export function topicCommand(): Command {
  const topic = new Command('topic').description('the topic of detections');
  topic
    .command('grow')
    .description('give the topic more partitions, live: every detection still counts once')
    .requiredOption('--partitions <n>', 'how many it is to have')
    .option('--dry-run', 'say what would be done, and do nothing')
    .addHelpText('after', HELP)
    .action((options: Options) => runCommand(() => run(options)));
  addCorrectStamps(topic);
  return topic;
}

async function run(options: Options): Promise<number> {
  const to = countOf(options.partitions);
  const config = readConfig();
  const signal = stopSignal();
  const stores = await withRetry(COMMAND_RETRY, () => openStores(config), { signal });
  const producer = logProducer(config);
  try {
    const has = await presentCount(stores);
    if (options.dryRun === true) return await dryRun(stores, has, to);
    if (has.isDone && has.partitions === to) return nothingToDo(to);
    const growth = await withRetry(COMMAND_RETRY, () => grow(portsOf(stores, producer, signal), to), { signal });
    process.stdout.write(
      `${to} partitions count from epoch ${nameOf(epochAt(growth.from, stores.rules), stores.rules)} on\n`,
    );
    return EXIT.done;
  } finally {
    await producer.close();
    await stores.close();
  }
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= GREATEST_PARTITIONS) return Number(text);
  throw new Refusal(EXIT.usage, `--partitions is "${text}"; 1 to ${GREATEST_PARTITIONS} was expected`);
}

/** How many partitions count once every growth is in force, and whether all of them are. */
async function presentCount({ control, rules }: Stores): Promise<{ partitions: number; isDone: boolean }> {
  const { growths, growingTo } = await control.growth(rules.generation);
  const grown = { ...rules, growths };
  const last = growths.at(-1);
  const unread = last ? await unreadBefore(control, grown, last.from) : [];
  return { partitions: partitionsEver(grown), isDone: growingTo === null && unread.length === 0 };
}

async function dryRun(stores: Stores, has: { partitions: number; isDone: boolean }, to: number): Promise<number> {
  await check(stores, await stores.control.growth(stores.rules.generation), to);
  if (has.isDone && has.partitions === to) return nothingToDo(to);
  process.stdout.write(
    has.partitions === to
      ? `${to} partitions are recorded; would wait until they count in every partition\n`
      : `would give the topic ${to} partitions instead of ${has.partitions}, which count from an epoch that has ` +
          'not begun; nothing was done\n',
  );
  return EXIT.done;
}

function nothingToDo(to: number): number {
  process.stderr.write(`${to} partitions count already\n`);
  return EXIT.nothing_to_do;
}

function portsOf({ rules, control, admin }: Stores, producer: GrowPorts['producer'], signal: AbortSignal): GrowPorts {
  let said = '';
  return {
    rules,
    control,
    admin,
    producer,
    now: Date.now,
    pause: () => sleep(LOOK_EVERY_MS, undefined, { signal }),
    say(what) {
      if (what !== said) process.stderr.write(`${what}\n`);
      said = what;
    },
    heedLimitMs: HEED_LIMIT_MS,
  };
}

const HELP = `
Ids move to other partitions with the first record of an epoch, at the earliest of the next one. The command waits
until that is done, and says what it waits for. Producers may use the new partitions at once, or go on with the old
ones: a record outside its home partition is sent home. Safe to stop and to repeat at any point.

Exit codes: 0 done, 2 usage (fewer partitions than now, another growth or a rebuild under way), 3 so many count
already, 4 the log is not the one that was counted, 5 Kafka or the store is away, or a partition is held because a
broker's clock ran ahead.`;
