/**
 * What is remembered is never anything but the truth: random changes and questions in turn, every answer held against a
 * plain count.
 *
 * Model: records in partitions, counted by a speed layer that misses some of them; epochs that are published (with what
 * was missed: a repair), and pruned. The doubles give exactly what they are asked for, so that a cell which the cache
 * fails to ask for is missing. Questions come on the newest snapshot or on the one before, several at once, with stores
 * that fail now and then and room for little.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Scope } from '../../../core/domain/counts.ts';
import type { Epoch } from '../../../core/domain/epoch.ts';
import type { HourLevel, HourRow } from '../../../core/stores/views/count-view.ts';
import type { CountViews } from '../../../serving/cache/count-cache.ts';
import type { CountQuestion, PlanSnapshot } from '../../../serving/counts/plan.ts';
import { startOf } from '../../../core/domain/epoch.ts';
import { addToMinute } from '../../../core/domain/hour-counts.ts';
import { HOUR_MS, instant, MINUTE_MS } from '../../../core/domain/time.ts';
import { Retryable } from '../../../core/process/errors.ts';
import { countCache } from '../../../serving/cache/count-cache.ts';
import { eachCounted, sumsBySubject } from '../../../serving/counts/merge.ts';
import { planCounts } from '../../../serving/counts/plan.ts';
import { readPlan } from '../../../serving/counts/read.ts';
import { PLACES, RULES } from './world.ts';

const ITEMS = ['bicycle', 'car', 'bus'];
const PARTITIONS = [0, 1, 2];

interface Counted {
  readonly epoch: number;
  readonly location: string;
  readonly item: string;
  readonly t: number;
  /** The speed layer does not count it; the batch layer does. */
  readonly isMissed: boolean;
}

interface Model {
  readonly log: Counted[][];
  /** Per partition: effects before this offset are in the speed view, and before this one progress says so. */
  readonly written: number[];
  readonly progress: number[];
  epoch: number;
  horizon: number | null;
  prunedTo: number;
  failNext: number;
}

interface Seen {
  readonly horizon: number | null;
  readonly progress: readonly number[];
}

function rowsOf(
  all: readonly { one: Counted; offset: number; partition: number }[],
  scope: Scope,
  level: HourLevel,
): HourRow[] {
  const rows = new Map<
    string,
    Omit<HourRow, 'cells'> & {
      cells: { kind: 'item' | 'place'; location: never; item: string; minutes: number[]; upTo: number }[];
    }
  >();
  for (const { one, offset, partition } of all) {
    if (scope !== 'all' && one.location !== scope) continue;
    const hour = Math.floor(one.t / HOUR_MS);
    const key = `${one.epoch} ${hour} ${partition}`;
    const row = rows.get(key) ?? { epoch: one.epoch as Epoch, hour, partition, cells: [] };
    rows.set(key, row);
    const [item, location] = [
      level === 'minute_item' ? one.item : '',
      (level === 'minute_place' ? one.location : '') as never,
    ];
    let cell = row.cells.find((known) => known.item === item && known.location === location);
    if (!cell)
      row.cells.push(
        (cell = { kind: level === 'minute_item' ? 'item' : 'place', location, item, minutes: [], upTo: 0 }),
      );
    addToMinute(cell.minutes, Math.floor(one.t / MINUTE_MS) % 60);
    cell.upTo = offset;
  }
  return [...rows.values()];
}

function viewsOf(model: Model): CountViews {
  const everything = () =>
    model.log.flatMap((records, partition) => records.map((one, offset) => ({ one, offset, partition })));
  const mayFail = async (): Promise<void> => {
    await Promise.resolve();
    if (model.failNext > 0 && model.failNext-- === 1) throw new Retryable('HBase', 'away for a moment');
  };
  return {
    speedView: {
      async changed({ scope, level, spans, since }) {
        const isAsked = (epoch: number, hour: number): boolean =>
          spans.some((span) => span.epoch === epoch && hour >= span.hours.from && hour <= span.hours.to);
        const counted = everything().filter(
          ({ one, offset, partition }) =>
            !one.isMissed && offset < model.written[partition]! && one.epoch > model.prunedTo,
        );
        await mayFail();
        return rowsOf(counted, scope, level)
          .filter(({ epoch, hour, partition }) => isAsked(epoch, hour) && since.has(partition))
          .map((row) => ({ ...row, cells: row.cells.filter(({ upTo }) => upTo >= since.get(row.partition)!) }));
      },
    },
    batchView: {
      async published({ scope, level, hours, epochs: { after, upTo } }) {
        await mayFail();
        const rows = rowsOf(
          everything().filter(({ one }) => one.epoch > after && one.epoch <= upTo),
          scope,
          level,
        );
        return rows.filter(({ hour }) => hour >= hours.from && hour <= hours.to);
      },
    },
  };
}

function counts(model: Model, question: CountQuestion, seen: Seen, before: readonly number[]): Map<string, number> {
  const counted = new Map<string, number>();
  model.log.forEach((records, partition) =>
    records.forEach((one, offset) => {
      const { scope, subject, window } = question;
      const isIn = one.epoch <= (seen.horizon ?? -1) || (!one.isMissed && offset < before[partition]!);
      if (!isIn || one.t < window.from || one.t >= window.to || (scope !== 'all' && one.location !== scope)) return;
      const name = subject === 'item' ? one.item : one.location;
      counted.set(name, (counted.get(name) ?? 0) + 1);
    }),
  );
  return counted;
}

const record = fc.record({
  partition: fc.constantFrom(...PARTITIONS),
  location: fc.constantFrom(...PLACES),
  item: fc.constantFrom(...ITEMS),
  minutesAgo: fc.oneof(fc.nat(20), fc.nat(40 * 60)),
  isMissed: fc.boolean(),
});
const question = fc.record({
  scope: fc.constantFrom('all' as const, ...PLACES),
  isOfPlaces: fc.boolean(),
  endsAgo: fc.oneof(fc.nat(5), fc.nat(600)),
  minutes: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 3_000 })),
  isOld: fc.boolean(),
});
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('count' as const),
      records: fc.array(record, { maxLength: 8 }),
      isHalf: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('publish' as const), prune: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), at: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      questions: fc.array(question, { minLength: 1, maxLength: 4 }),
    }),
  },
);

test('an answer from what is remembered lies between what progress promised and what is written, whatever happened before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 40 }),
      fc.constantFrom(0, 4_000, 1_000_000),
      async (steps, room) => {
        const model: Model = {
          log: PARTITIONS.map(() => []),
          written: [0, 0, 0],
          progress: [0, 0, 0],
          epoch: RULES.firstEpoch,
          horizon: null,
          prunedTo: -1,
          failNext: 0,
        };
        const cache = countCache(viewsOf(model), room);
        const seenNow = (): Seen => ({ horizon: model.horizon, progress: [...model.progress] });
        let old = seenNow();
        const now = (): number => startOf(model.epoch as Epoch, RULES) + HOUR_MS + 17 * MINUTE_MS;
        for (const one of steps) {
          if (one.kind === 'turn') model.epoch++;
          if (one.kind === 'fail') model.failNext = one.at;
          if (one.kind === 'count') {
            for (const { partition, minutesAgo, ...rest } of one.records)
              model.log[partition]!.push({ ...rest, epoch: model.epoch, t: now() - minutesAgo * MINUTE_MS });
            for (const partition of PARTITIONS) model.written[partition] = model.log[partition]!.length;
            if (!one.isHalf) model.written.forEach((offset, partition) => (model.progress[partition] = offset));
          }
          if (one.kind === 'publish' && (model.horizon ?? RULES.firstEpoch - 1) + 1 < model.epoch) {
            old = seenNow();
            model.written.forEach((offset, partition) => (model.progress[partition] = offset));
            model.horizon = (model.horizon ?? RULES.firstEpoch - 1) + 1;
            if (one.prune) model.prunedTo = model.horizon;
          }
          if (one.kind === 'ask')
            await Promise.all(
              one.questions.map((asked) =>
                ask(model, cache, asked, asked.isOld && model.prunedTo <= (old.horizon ?? -1) ? old : seenNow(), now()),
              ),
            );
        }
      },
    ),
    { numRuns: 400 },
  );
});

type Cache = ReturnType<typeof countCache>;

async function ask(
  model: Model,
  cache: Cache,
  drawn: { scope: Scope; isOfPlaces: boolean; endsAgo: number; minutes: number },
  seen: Seen,
  now: number,
): Promise<void> {
  const to = Math.floor(now / MINUTE_MS) * MINUTE_MS + MINUTE_MS - drawn.endsAgo * MINUTE_MS;
  const scope = drawn.isOfPlaces ? 'all' : drawn.scope;
  const asked: CountQuestion = {
    scope,
    subject: drawn.isOfPlaces ? 'place' : 'item',
    window: { from: instant(to - drawn.minutes * MINUTE_MS), to: instant(to) },
  };
  const snapshot: PlanSnapshot = { rules: RULES, horizon: seen.horizon as Epoch | null, now, latestArrival: now };
  const plan = planCounts(asked, snapshot);
  for (let tries = 1; ; tries++) {
    try {
      const said = new Map<string, number>();
      eachCounted(sumsBySubject(plan, await readPlan(plan, seen.progress, cache.hours())), (name, count) =>
        said.set(name, count),
      );
      const least = counts(model, asked, seen, seen.progress);
      const most = counts(model, asked, seen, model.written);
      for (const name of new Set([...most.keys(), ...said.keys()])) {
        const count = said.get(name) ?? 0;
        assert.ok(
          count >= (least.get(name) ?? 0) && count <= (most.get(name) ?? 0),
          `${name}: ${count}, between ${least.get(name)} and ${most.get(name)} were expected`,
        );
      }
      return;
    } catch (fault) {
      if (!(fault instanceof Retryable) || tries === 5) throw fault;
    }
  }
}
