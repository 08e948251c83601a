/**
 * `sightline dlq list|show|replay`: lists, shows and publishes again the records that are no detections.
 *
 * Data goes to standard output, all else to standard error. `list` and `show` ask Kafka alone; `replay` needs the
 * recorded rules, since they say where a detection belongs.
 */
import { Command } from 'commander';
import type { KeptLetter } from '../../core/layout/log.ts';
import type { Config } from '../../core/process/config.ts';
import type { DeadLetterLog } from '../../core/stores/kafka/dead-letters.ts';
import type { Rejudged } from './rejudge.ts';
import type { ReplaySummary } from './replay.ts';
import type { Place, Selection, SelectionOptions } from './select.ts';
import { raiseLimit } from '../../core/layout/topic-settings.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { visible, visibleJson } from '../../core/process/visible.ts';
import { deadLetterLog } from '../../core/stores/kafka/dead-letters.ts';
import { openStores } from '../../core/stores/open.ts';
import { replayAll } from './replay.ts';
import { addressOf, bytesOf, isNarrow, isSelected, newest, placeOf, selectionOf } from './select.ts';
import { allOf, jsonOf, lineOf, nameOf } from './show.ts';

interface ListOptions extends SelectionOptions {
  readonly limit: string;
  readonly json?: boolean;
}

interface ReplayOptions extends SelectionOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function deadLettersCommand(): Command {
  const dlq = new Command('dlq').description('dead letters: records that could not be detections, kept byte for byte');
  addSelection(dlq.command('list'))
    .description('the newest letters: letter, time, reason, record (topic/partition/offset), beginning of the value')
    .option('--limit <n>', 'at most so many', '50')
    .option('--json', 'one JSON object a line')
    .action((options: ListOptions) => runCommand(() => list(options)));
  dlq
    .command('show')
    .argument('<letter>', '<partition>/<offset> in the dead-letter topic, as list shows it')
    .description('all of one letter: its bytes as text where they are UTF-8, else in hexadecimal')
    .option('--json', 'as JSON')
    .action((letter: string, options: { json?: boolean }) => runCommand(() => show(letter, options.json === true)));
  addSelection(dlq.command('replay'))
    .argument('[letters...]', 'these letters alone, each <partition>/<offset>')
    .description("publish letters again that today's parser reads; safe to repeat, since an id counts once")
    .option('--dry-run', 'say what would become of each, and publish nothing')
    .option('--force', 'publish also what still cannot be a detection; it comes back as a new letter')
    .option('--json', 'one JSON object a letter, the sums last')
    .addHelpText(
      'after',
      '\nExit codes: 0 all of them replayed, 2 usage, 3 nothing was selected, 4 some still cannot be detections, ' +
        '5 Kafka or the store of rows is away.',
    )
    .action((letters: string[], options: ReplayOptions) => runCommand(() => replay(letters, options)));
  return dlq;
}

function addSelection(command: Command): Command {
  return command
    .option('--reason <name>', 'of this reason only')
    .option('--partition <n>', 'records of this partition of the log')
    .option('--from-offset <n>', 'records from this offset of the log on')
    .option('--to-offset <n>', 'records up to and including this offset of the log')
    .option('--since <time>', 'kept at or after (ISO 8601, UTC unless it names a zone, or milliseconds since 1970)')
    .option('--until <time>', 'kept before');
}

interface Shown extends Place {
  readonly line: string;
  readonly letter: KeptLetter | null;
}

async function list(options: ListOptions): Promise<number> {
  const selection = selectionOf(options);
  if (!/^[1-9]\d{0,5}$/.test(options.limit))
    throw new Refusal(EXIT.usage, `--limit is "${options.limit}"; 1 to 999999 was expected`);
  const isJson = options.json === true;
  const shown = newest<Shown>(
    Number(options.limit),
    ({ line, letter }) => line.length + (letter ? bytesOf(letter) : 0),
  );
  let found = 0;
  await withLog(readConfig(), async (log) => {
    for await (const letters of readSelected(log, selection)) {
      found += letters.length;
      // A line needs the beginning of a value that may be large.
      shown.add(
        letters.map((letter) => ({
          ...placeOf(letter),
          ...(isJson ? { line: '', letter } : { line: lineOf(letter), letter: null }),
        })),
      );
    }
  });
  const letters = shown.letters();
  for (const { line, letter } of letters) print(letter ? visibleJson(jsonOf(letter)) : line);
  process.stderr.write(
    `${letters.length} of ${found} letters${letters.length < found ? ', the newest; --limit shows more' : ''}\n`,
  );
  return EXIT.done;
}

async function show(text: string, json: boolean): Promise<number> {
  const { partition, offset } = addressOf(text);
  const config = readConfig();
  const letter = await withLog(config, (log) => log.one(partition, offset));
  if (!letter) throw new Refusal(EXIT.usage, `Topic ${config.KAFKA_DEAD_LETTER_TOPIC} holds no letter ${text}`);
  print(json ? visibleJson(jsonOf(letter)) : allOf(letter));
  return EXIT.done;
}

async function replay(names: readonly string[], options: ReplayOptions): Promise<number> {
  const addresses = names.map(addressOf);
  const selection = selectionOf(options);
  if (addresses.length > 0 && isNarrow(selection))
    throw new Refusal(EXIT.usage, 'Name letters, or select them by options, not both');
  const [dryRun, force, json] = [options.dryRun === true, options.force === true, options.json === true];
  const config = readConfig();
  const stores = await withRetry(COMMAND_RETRY, () => openStores(config));
  try {
    const tell = (letter: KeptLetter, judged: Rejudged): void => {
      if (json) print(visibleJson({ letter: nameOf(letter), ...fateOf(judged) }));
      else if (dryRun || judged.fate === 'dead_letter') print(`${nameOf(letter)}\t${visible(wordsOf(judged))}`);
    };
    const tellTooLarge = (letter: KeptLetter): void => {
      const { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic } = config;
      const remedy = raiseLimit(brokers, topic, bytesOf(letter));
      process.stderr.write(
        `Letter ${nameOf(letter)} is larger than topic ${topic} takes, with its header. ` +
          `Raise the limit, then "sightline prepare": ${remedy}\n`,
      );
    };
    const summary = await withLog(config, (log) => {
      const letters = addresses.length > 0 ? readNamed(log, addresses, config) : readSelected(log, selection);
      return replayAll(letters, log, stores.rules, { dryRun, force, tell, tellTooLarge });
    });
    if (json) print(JSON.stringify(summary));
    process.stderr.write(`${summaryText(summary, dryRun)}\n`);
    if (summary.selected === 0) return EXIT.nothing_to_do;
    return summary.remaining > 0 ? EXIT.data_check_failed : EXIT.done;
  } finally {
    await stores.close();
  }
}

async function withLog<T>(config: Config, work: (log: DeadLetterLog) => Promise<T>): Promise<T> {
  const log = deadLetterLog(config);
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

async function* readSelected(log: DeadLetterLog, selection: Selection): AsyncGenerator<KeptLetter[]> {
  for await (const letters of log.read(selection.since, stopSignal())) {
    const some = letters.filter((letter) => isSelected(letter, selection));
    if (some.length > 0) yield some;
  }
}

async function* readNamed(
  log: DeadLetterLog,
  addresses: ReturnType<typeof addressOf>[],
  config: Config,
): AsyncGenerator<KeptLetter[]> {
  const letters: KeptLetter[] = [];
  for (const { partition, offset } of addresses) {
    const letter = await log.one(partition, offset);
    if (!letter)
      throw new Refusal(
        EXIT.usage,
        `Topic ${config.KAFKA_DEAD_LETTER_TOPIC} holds no letter ${partition}/${offset}; nothing was replayed`,
      );
    letters.push(letter);
  }
  yield letters;
}

function fateOf(judged: Rejudged): object {
  if (judged.fate === 'dead_letter') return { fate: judged.fate, ...judged.deadLetter };
  return { fate: judged.isDeferred ? 'deferred' : 'detection', detection_oid: judged.id, partition: judged.home };
}

function wordsOf(judged: Rejudged): string {
  if (judged.fate === 'dead_letter') return `still ${judged.deadLetter.reason}: ${judged.deadLetter.detail}`;
  return `detection ${judged.id} of partition ${judged.home}${judged.isDeferred ? ', deferred' : ''}`;
}

function summaryText(
  { selected: all, replayed, deferred, remaining, forced, tooLarge }: ReplaySummary,
  dryRun: boolean,
): string {
  const later = deferred > 0 ? ` (${deferred} of them count when their epoch is published)` : '';
  const left = remaining - tooLarge;
  const large = tooLarge > 0 ? `, ${tooLarge} are too large for the topic` : '';
  const fate = forced > 0 ? ' and were forced out' : '';
  const kept = left > 0 ? `, ${left} still cannot be detections${fate}` : '';
  const published = `${replayed} ${dryRun ? 'would be' : 'were'} published again`;
  return `${all} letters: ${published}${later}${kept}${large}${dryRun ? '; nothing was published' : ''}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
