/**
 * Growing a topic while it is counted, in four steps, each of which may be repeated (law L3):
 *
 *   1 record that the topic is being given partitions   before: workers stop when they meet one. After: it is no fault, and what
 *                                                       arrives there is a stray
 *   2 add them to the topic                             Kafka cannot take them back
 *   3 record from which epoch on they count             a check-and-put with an epoch that nobody has settled (core/stores/control/settled-growth.ts)
 *   4 wait until it is in force                         each partition is read to where the epoch begins; quiet ones get a tick
 *
 * command.ts opens its ports; the simulation kills it anywhere. Partitions are there before they count, so a growth
 * that nobody finishes holds nobody up.
 */
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { LogAdmin, LogProducer } from '../../core/stores/kafka/types.ts';
import { epochAt, nameOf, startOf } from '../../core/domain/epoch.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Growth } from '../../core/domain/rules.ts';
import type { GrowthRecord } from '../../core/stores/control/growth-rows.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { partitionsEver } from '../../core/domain/growth.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { remedyOf } from '../../core/process/hold-text.ts';
import { heldPartitions } from '../../core/stores/control/held-partitions.ts';
import { quietPartitions, unreadBefore } from '../../core/stores/control/settled-growth.ts';

export interface GrowPorts {
  readonly rules: RecordedRules;
  readonly control: Pick<ControlStore, 'growth' | 'moveGrowth' | 'rebuilding' | 'progress' | 'readUpTo' | 'stamps'>;
  readonly admin: Pick<LogAdmin, 'grow' | 'ends'>;
  readonly producer: Pick<LogProducer, 'tick'>;
  readonly now: () => number;
  /** Between two looks. */
  pause(): Promise<void>;
  say(what: string): void;
  /** How long to wait until workers have begun with the new partitions. */
  readonly heedLimitMs: number;
}

const TICK_EVERY_MS = 1_000;

/** Resolves when the topic has `to` partitions, they count, and every partition is read past where that began. */
export async function grow(ports: GrowPorts, to: number): Promise<Growth> {
  const before = await announce(ports, to);
  await ports.admin.grow(to);
  if (before.growingTo !== null)
    await waitForWorkers(ports, partitionsEver({ ...ports.rules, growths: before.growths }), to);
  const growth = await recordGrowth(ports, to);
  await waitUntilInForce(ports, growth);
  return growth;
}

/** Throws a Refusal unless the topic may be given so many partitions now; also what a dry run asks. */
export async function check(
  { rules, control }: Pick<GrowPorts, 'rules' | 'control'>,
  found: GrowthRecord,
  to: number,
): Promise<void> {
  const now = partitionsEver({ ...rules, growths: found.growths });
  if (to < now)
    throw new Refusal(
      EXIT.usage,
      `The topic has ${now} partitions, and Kafka cannot take any away; --partitions must be more than ${now}`,
    );
  if (found.growingTo !== null && found.growingTo !== to) {
    throw new Refusal(
      EXIT.usage,
      `The topic is being given ${found.growingTo} partitions already; finish that first: ` +
        `sightline topic grow --partitions ${found.growingTo}`,
    );
  }
  const last = found.growths.at(-1);
  if (last && to > now && (await unreadBefore(control, { ...rules, growths: found.growths }, last.from)).length > 0) {
    throw new Refusal(
      EXIT.usage,
      `The growth to ${now} partitions is not in force in all partitions yet; finish it first: ` +
        `sightline topic grow --partitions ${now}`,
    );
  }
  if (to > now && found.growingTo === null && (await control.rebuilding(rules.generation + 1)) !== null) {
    throw new Refusal(
      EXIT.usage,
      `A rebuild of generation ${rules.generation + 1} is under way and would not know of it; ` +
        'finish "sightline batch rebuild" first',
    );
  }
  if (to > now && found.growingTo === null) await checkHeld({ rules, control }, now);
}

/** All partitions wait for each other where a growth begins, so one that is held would hold up all of them. */
async function checkHeld({ rules, control }: Pick<GrowPorts, 'rules' | 'control'>, partitions: number): Promise<void> {
  const progress = await control.progress(
    rules.generation,
    Array.from({ length: partitions }, (_, partition) => partition),
  );
  const [held] = await heldPartitions(
    control,
    rules.logLife,
    progress.map((each) => each?.nextOffset ?? 0),
  );
  if (!held) return;
  throw new Refusal(
    EXIT.dependency_down,
    `Partition ${held.partition} is held before offset ${held.offset}, because a broker's clock ran ahead, ` +
      'and a growth would hold up all partitions until it goes on. Wait, or correct its stamps first: ' +
      `${remedyOf(held)}`,
  );
}

/** Step 1; returns what is recorded then. */
async function announce(ports: GrowPorts, to: number): Promise<GrowthRecord> {
  const { rules, control } = ports;
  for (;;) {
    const found = await control.growth(rules.generation);
    await check(ports, found, to);
    if (found.growingTo === to || partitionsEver({ ...rules, growths: found.growths }) === to) return found;
    ports.say(`recording that the topic is given ${to} partitions`);
    if (!(await control.moveGrowth(rules.generation, found, { ...found, growingTo: to }))) continue;
    if ((await control.rebuilding(rules.generation + 1)) === null) continue;
    // A rebuild has begun meanwhile, and may not know of this growth. Nothing was added yet, so take it back.
    const mine = await control.growth(rules.generation);
    if (mine.growingTo === to) await control.moveGrowth(rules.generation, mine, { ...mine, growingTo: null });
  }
}

/**
 * Waits until a worker has read a tick in every new partition. All partitions wait for each other where a growth
 * begins, so a new partition without a reader would hold up the others.
 */
async function waitForWorkers(ports: GrowPorts, from: number, to: number): Promise<void> {
  const { rules, control, producer, now } = ports;
  const added = Array.from({ length: to - from }, (_, i) => from + i);
  const giveUpAt = now() + ports.heedLimitMs;
  const progress = await control.progress(rules.generation, added);
  await producer.tick(added.filter((_, i) => progress[i] === null));
  for (;;) {
    const open = (await control.progress(rules.generation, added)).flatMap((each, i) =>
      each === null ? [added[i]!] : [],
    );
    if (open.length === 0) return;
    if (now() >= giveUpAt)
      return ports.say(
        `no worker reads partitions ${open.join(', ')} yet; going on, what waits for them will be counted then`,
      );
    ports.say(`waiting for workers to begin with partitions ${open.join(', ')}`);
    await ports.pause();
  }
}

/** Step 3: with the first epoch that is not settled and has not begun. */
async function recordGrowth({ rules, control, now, say }: GrowPorts, to: number): Promise<Growth> {
  for (;;) {
    const found = await control.growth(rules.generation);
    const last = found.growths.at(-1);
    if (last?.partitions === to) return last;
    // mutation: growth-epoch
    const epoch = (Math.max(found.settled, rules.firstEpoch, epochAt(now(), rules)) + 1) as Epoch;
    say(`recording that ${to} partitions count from epoch ${nameOf(epoch, rules)} on`);
    const growths = [...found.growths, { from: startOf(epoch, rules), partitions: to }];
    // The next turn reads whether it was recorded: another process may have settled the epoch first, or an answer got
    // lost.
    await control.moveGrowth(rules.generation, found, { ...found, growths, growingTo: null });
  }
}

/** Step 4. */
async function waitUntilInForce(ports: GrowPorts, { from, partitions }: Growth): Promise<void> {
  const { control, admin, producer, now, say } = ports;
  const { growths } = await control.growth(ports.rules.generation);
  const rules = { ...ports.rules, growths };
  let tickedAt = -Infinity;
  for (;;) {
    const unread = await unreadBefore(control, rules, from);
    if (unread.length === 0) return;
    if (now() < from) say(`${partitions} partitions count from ${new Date(from).toISOString()} on; waiting until then`);
    else {
      say(
        `waiting until what arrived before ${new Date(from).toISOString()} is counted in partitions ` +
          `${unread.map(({ partition }) => partition).join(', ')}`,
      );
      if (now() - tickedAt >= TICK_EVERY_MS) {
        tickedAt = now();
        const quiet = await quietPartitions(admin, rules, unread);
        if (quiet.length > 0) await producer.tick(quiet);
      }
    }
    await ports.pause();
  }
}
