/**
 * Makes an empty Kafka, HBase and HDFS ready for Sightline: topics, tables, folders, the names of places. Safe to
 * repeat.
 *
 * `sightline cluster up` and `npm start` call it on this machine, `sightline prepare` against clusters that exist.
 * It changes only two things that exist: a time to live of first-met rows that is too short for the recorded rules (it
 * never lowers one), and settings of the topics that the layers would refuse (mend-topics.ts). It does not record the
 * rules: the first process that counts does that (core/stores/control/recorded-rules.ts).
 */
import { LAKE } from '../../core/layout/lake.ts';
import type { Config } from '../../core/process/config.ts';
import { Retryable } from '../../core/process/errors.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { runTogether } from '../../core/process/together.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import { setPlans } from '../../core/stores/tables/first-met-sets.ts';
import { openRowStore } from '../../core/stores/open.ts';
import type { RowStore } from '../../core/stores/room/row-store.ts';
import { loadReference } from '../reference/load.ts';
import type { Places } from '../reference/places.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { mendTopics } from './mend-topics.ts';

type Say = (who: string, what: string) => void;

const FOLDERS = [LAKE, 'footage'];

/** `places`: dataset B, loaded if none was loaded before. The signal ends it between two tries. */
export async function prepare(config: Config, say: Say, places?: Places, stop?: AbortSignal): Promise<void> {
  const onRetry = (fault: Retryable): void => say('prepare', `${fault.message}; trying again`);
  const hooks = (first: AbortSignal) => ({ onRetry, signal: stop ? AbortSignal.any([first, stop]) : first });
  await runTogether([
    (first) => withRetry(COMMAND_RETRY, () => makeTopicsAndTables(config, say, places), hooks(first)),
    (first) => withRetry(COMMAND_RETRY, () => makeFolders(config), hooks(first)),
  ]);
}

async function makeTopicsAndTables(config: Config, say: Say, places?: Places): Promise<void> {
  const admin = logAdmin(config);
  const store = openRowStore(config);
  try {
    if ((await admin.ensureTopics()) === 'created') say('kafka', `topic ${config.KAFKA_TOPIC} created`);
    const facts = await admin.facts();
    // A broker tells of a new topic only after its metadata has spread.
    if (!facts) throw new Retryable('Kafka', `topic ${config.KAFKA_TOPIC} is not to be seen yet`);
    await mendTopics(config, admin, facts, say);
    await store.ensureTables(setPlans((await readRules(store)) ?? [firstRules(config)], facts));
    say(store.name.toLowerCase(), `tables of ${store.space} are there`);
    const forgets = await store.durabilityFault();
    if (forgets !== null) say(store.name.toLowerCase(), forgets);
    if (places) await loadFirstReference(store, places, say);
  } finally {
    await Promise.all([admin.close(), store.close()]);
  }
}

/** What will be recorded, as far as rows depend on it, if nothing is recorded yet. */
function firstRules({ DEDUP_WINDOW_DAYS, CLOCK_AHEAD_DAYS }: Config): Parameters<typeof setPlans>[0][number] {
  return { generation: 1, dedupWindowDays: DEDUP_WINDOW_DAYS, clockAheadDays: CLOCK_AHEAD_DAYS };
}

/** The recorded rules, and those of a rebuild that is under way; null on a system that has never counted. */
async function readRules(store: RowStore): Promise<RecordedRules[] | null> {
  const { control } = store;
  try {
    const rules = await control.rules();
    const rebuilding = rules && (await control.rebuilding(rules.generation + 1));
    return rules && (rebuilding ? [rules, rebuilding] : [rules]);
  } catch (fault) {
    if (store.isWithoutTables(fault)) return null;
    throw fault;
  }
}

async function loadFirstReference(
  { control, locations: store }: RowStore,
  { file, isChosen, locations }: Places,
  say: Say,
): Promise<void> {
  const before = await control.reference();
  if (before) {
    if (isChosen)
      say(
        'reference',
        `${before.locations} places are there already; "sightline reference load ${file}" adds and renames`,
      );
    return;
  }
  const { locations: loaded } = await loadReference(locations, control, store);
  say('reference', `${loaded} places loaded from ${file}`);
}

async function makeFolders(config: Config): Promise<void> {
  const files = hdfs(config);
  for (const folder of FOLDERS) await files.makeFolder(folder);
}

/** Length of an epoch as recorded, or null on a system that has never counted. */
export async function recordedEpochSeconds(config: Config): Promise<number | null> {
  const store = openRowStore(config);
  try {
    return (await readRules(store))?.[0]?.epochSeconds ?? null;
  } finally {
    await store.close();
  }
}
