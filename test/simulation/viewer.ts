/**
 * Somebody who asks: the real plan, reads, merge and snapshot of serving, in the middle of everything, held to what an
 * answer promises.
 *
 * Nothing that the answer claims to include is missing, nothing is invented: for each item or place it lies between the
 * truth up to what the snapshot had seen (the progress of each partition, and everything that was in the log before
 * `speed_as_of`) and the truth of all that the log holds when it is given. And the total of everything never falls.
 */
import assert from 'node:assert/strict';
import { ALWAYS_SURE } from '../../core/stores/room/certainty.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Scope } from '../../core/domain/counts.ts';
import type { Instant } from '../../core/domain/time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { Retryable } from '../../core/process/errors.ts';
import { batchView } from '../../core/stores/views/batch-view.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { speedView } from '../../core/stores/views/speed-view.ts';
import { countCache } from '../../serving/cache/count-cache.ts';
import { createCounter } from '../../serving/counts/counts.ts';
import { eachCounted, sumsBySubject, totalOf } from '../../serving/counts/merge.ts';
import type { CountQuestion } from '../../serving/counts/plan.ts';
import { windowClipper } from '../../serving/counts/clip-window.ts';
import { snapshotReader } from '../../serving/snapshot/snapshot.ts';
import type { Snapshot } from '../../serving/snapshot/snapshot.ts';
import type { Publisher } from './publisher.ts';
import { PLACES, START_MS } from './traffic.ts';
import type { Met } from './truth.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

export interface Viewer {
  isAsking: boolean;
  readonly answers: number;
  /** One question, drawn from the seed. */
  ask(): Promise<void>;
  /** What everything adds up to, now. */
  total(): Promise<number>;
}

/** So small that much is forgotten on the way. */
const CACHE_BYTES = 60_000;
const EVERYTHING: CountQuestion = {
  scope: 'all',
  subject: 'item',
  window: window(START_MS - 30 * DAY_MS, START_MS + 900 * DAY_MS),
};

const STORE = { name: 'HBase', certainty: ALWAYS_SURE } as const;

export function viewer(world: World, publisher: Publisher): Viewer {
  const { rules, order, random, faults, log } = world;
  const self = `viewer ${rules.generation}`;
  const hbase = world.hbase.client(() => order.turn(self), faults);
  const admin = { newestEnds: async () => log.ends().map(({ high }) => high) };
  const options = { now: log.clockMs, freshForMs: 250 };
  const snapshots = snapshotReader({ control: controlStore(hbase, NAMESPACE), admin, rules, store: STORE }, options);
  const views = { speedView: speedView(hbase, NAMESPACE, rules), batchView: batchView(hbase, NAMESPACE, rules) };
  const ask = createCounter({
    snapshots,
    cache: countCache(views, CACHE_BYTES),
    clipWindow: windowClipper(views, log.clockMs),
    now: log.clockMs,
  });
  let greatestTotal = 0;

  const answer = async (question: CountQuestion): Promise<number> => {
    const { plan, read, snapshot } = await ask(question);
    const sums = sumsBySubject(plan, read);
    const { batch, speed } = totalOf(sums);
    const said = new Map<string, number>();
    eachCounted(sums, (subject, sum) => said.set(subject, sum));
    checkPromise(world, publisher, { question, snapshot, said });
    made.answers++;
    return batch + speed;
  };
  const total = async (): Promise<number> => {
    const now = await answer(EVERYTHING);
    assert.ok(now >= greatestTotal, `the total fell from ${greatestTotal} to ${now}`);
    greatestTotal = now;
    return now;
  };
  const made = {
    isAsking: false,
    answers: 0,
    total,
    async ask() {
      made.isAsking = true;
      try {
        if (random.chance(0.5)) await total();
        else await answer(anyQuestion(world));
      } catch (fault) {
        if (!(fault instanceof Retryable)) throw fault;
      } finally {
        made.isAsking = false;
      }
    },
  };
  return made;
}

function anyQuestion({ random, log }: World): CountQuestion {
  const scope: Scope = random.chance(0.5) ? 'all' : oid(random.pick(PLACES));
  const subject = scope === 'all' && random.chance(0.5) ? 'place' : 'item';
  const from = log.clockMs() - random.below(random.chance(0.5) ? 3 * HOUR_MS : 3 * DAY_MS);
  return { scope, subject, window: window(from, from + 1 + random.below(2 * DAY_MS)) };
}

interface GivenAnswer {
  readonly question: CountQuestion;
  readonly snapshot: Snapshot;
  readonly said: ReadonlyMap<string, number>;
}

/** An answer lies between what was promised and what the log holds. */
function checkPromise({ truth, log }: World, publisher: Publisher, { question, snapshot, said }: GivenAnswer): void {
  const horizon = snapshot.horizon?.epoch ?? -1;
  const {
    scope,
    subject,
    window: { from, to },
  } = question;
  const isAsked = ({ location, detectedAt }: Met): boolean =>
    (scope === 'all' || location === scope) && detectedAt >= from && detectedAt < to;
  const least = new Map<string, number>();
  const most = new Map<string, number>();
  const count = (met: Met, isCertain: boolean): void => {
    const name = subject === 'item' ? met.item : met.location;
    most.set(name, (most.get(name) ?? 0) + 1);
    if (isCertain) least.set(name, (least.get(name) ?? 0) + 1);
  };
  for (const met of publisher.published(horizon)) if (isAsked(met)) count(met, true);
  // Committed before `speed_as_of`, and stamped before it: a broker whose clock runs ahead stamps later than it takes.
  const asOf = snapshot.standing.speedAsOf;
  const certain = log.partitions.map((_, p) =>
    Math.max(snapshot.progress[p]?.nextOffset ?? 0, Math.min(log.firstSince(p, asOf), truth.firstArrived(p, asOf))),
  );
  for (const met of truth.met) {
    if (met.epoch > horizon && !met.isDeferred && isAsked(met)) count(met, met.offset < certain[met.partition]!);
  }
  for (const name of new Set([...most.keys(), ...said.keys()])) {
    const counted = said.get(name) ?? 0;
    const text = `${subject} ${name.slice(0, 30)} of ${scope} from ${from} to ${to} is ${counted}`;
    assert.ok(counted >= (least.get(name) ?? 0), `${text}; ${least.get(name)} were promised`);
    assert.ok(counted <= (most.get(name) ?? 0), `${text}; the log holds ${most.get(name) ?? 0}`);
  }
}

function window(from: number, to: number): CountQuestion['window'] {
  const aligned = (t: number): Instant => (Math.floor(t / MINUTE_MS) * MINUTE_MS) as Instant;
  return { from: aligned(from), to: aligned(to + MINUTE_MS) };
}
