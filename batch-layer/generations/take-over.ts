/**
 * Moves a system to another store of rows: what stands around an ordinary rebuild (docs/operations.md, "Moving").
 *
 *   the lock of the lake in the old store · rules, growths, stamps, places, progress and horizon into the new one ·
 *   rebuild: lake, batch view, first-met rows, counts beyond the horizon │ the old rules are marked as moved │ switch
 *
 * Log, archive and lake stay where they are; counts and first-met rows come from them, never from the old store. At any
 * moment one store at most lets a process count: the rules in the new one are marked until the switch, those in the old
 * one from just before it. If the command is killed, the next one goes on; between the two marks nobody counts, and
 * every process says which command to run.
 */
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import type { RowStore } from '../../core/stores/room/row-store.ts';
import { allPartitions } from '../../core/domain/growth.ts';
import { EXIT, Refusal, Retryable } from '../../core/process/errors.ts';

/**
 * Brings the facts that a rebuild needs from one store into another one that has none; safe to repeat. Returns the old
 * store's rules, or null if they are marked as moved already.
 */
export async function takeOver(from: RowStore, to: RowStore): Promise<RecordedRules | null> {
  const rules = await from.control.rules();
  if (!rules) throw new Refusal(EXIT.nothing_to_do, `No rules are recorded in ${from.space} of ${from.name}`);
  const there = await to.control.rules();
  if (rules.moving === 'away') {
    if (there?.moving === 'here') return null;
    throw new Refusal(EXIT.nothing_to_do, `The counts of ${from.name} have moved already; set STORES to the new store`);
  }
  if (rules.moving === 'here')
    throw new Refusal(EXIT.usage, `A move to ${from.name} is not finished; it has nothing to take over yet`);
  const isSame = there?.moving === 'here' && there.generation === rules.generation && there.topicId === rules.topicId;
  if (there !== null && !isSame)
    throw new Refusal(
      EXIT.usage,
      `${to.name} has rules of its own in ${to.space}. Move into an empty one: set another HBASE_NAMESPACE or ` +
        'CASSANDRA_KEYSPACE, and run "sightline prepare".',
    );
  await to.control.recordRules({ ...rules, moving: 'here' });
  await takeOverPlaces(from, to);
  await takeOverLog(from, to, rules);
  const [before, horizon] = await Promise.all([from, to].map(({ control }) => control.horizon(rules.generation)));
  if (before) requireMoved(await to.control.moveHorizon(rules.generation, horizon ?? null, before));
  return rules;
}

/** A new version in the new store: `prepare` may have loaded places there that are older. */
async function takeOverPlaces(from: RowStore, to: RowStore): Promise<void> {
  const reference = await from.control.reference();
  if (!reference) return;
  const before = await to.control.reference();
  const version = Math.max(reference.version, (before?.version ?? 0) + 1);
  const places = await from.locations.all();
  await to.locations.put(places, version);
  requireMoved(await to.control.moveReference(before, { ...reference, version }));
}

/** How the topic grew, what is settled of its stamps, and how far the old store has counted. */
async function takeOverLog(from: RowStore, to: RowStore, rules: RecordedRules): Promise<void> {
  const { generation, logLife } = rules;
  const growth = await from.control.growth(generation);
  if (growth.change > 0)
    requireMoved(await to.control.moveGrowth(generation, await to.control.growth(generation), growth));
  const partitions = allPartitions({ ...rules, growths: growth.growths });
  const stamps = await from.control.stamps(logLife, partitions);
  const there = await to.control.stamps(logLife, partitions);
  for (const [at, partition] of partitions.entries())
    if (stamps[at]!.change > 0) requireMoved(await to.control.moveStamps(logLife, partition, there[at]!, stamps[at]!));
  const progress = (await from.control.progress(generation, partitions)).filter((each) => each !== null);
  // Spans of doubt lie beyond the horizon, where a worker of the new generation counts anew.
  await to.control.putProgress(
    generation,
    progress.map(({ doubts: _, ...each }) => each),
  );
}

function requireMoved(isMoved: boolean): void {
  if (!isMoved) throw new Retryable('The new store', 'another process recorded something there meanwhile; try again');
}
