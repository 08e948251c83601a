/**
 * One speed worker of the simulation: the real round, decision, caches and stores on simulated ports, until it crashes.
 *
 * It dies at any named step, or instead of trying a failed step again, and leaves everything that it held in memory
 * behind.
 */
import assert from 'node:assert/strict';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { TICK_HEADER } from '../../core/domain/verdict.ts';
import { Retryable } from '../../core/process/errors.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { detectionsStore } from '../../core/stores/tables/detections.ts';
import type { LogProducer } from '../../core/stores/kafka/types.ts';
import { speedView } from '../../core/stores/views/speed-view.ts';
import { stampGate } from '../../core/stores/control/stamp-gate.ts';
import { strayHeaders } from '../../core/layout/log.ts';
import { ALWAYS_SURE } from '../../core/stores/room/certainty.ts';
import { countRows } from '../../speed-layer/count-rows.ts';
import { growthGate } from '../../speed-layer/growth.ts';
import { partitionHooks } from '../../speed-layer/partitions.ts';
import { runRound } from '../../speed-layer/round.ts';
import type { CrashPoint, Holdings } from '../../speed-layer/round-ports.ts';
import type { SimulatedGroup } from './group.ts';
import type { Faults } from './faults.ts';
import type { SimulatedHBase } from './hbase.ts';
import type { SimulatedLog } from './log.ts';
import { AHEAD_MS } from './clocks.ts';
import type { Clocks } from './clocks.ts';
import type { Dice } from './random.ts';
import { GREATEST_VALUE_BYTES } from './traffic.ts';
import type { Truth } from './truth.ts';
import type { Turns } from './turns.ts';

export interface World {
  readonly rules: Rules;
  /** For choices that are no faults. */
  readonly random: Dice;
  /** A stream of its own. */
  dice(stream: string): Dice;
  readonly faults: Faults;
  readonly clocks: Clocks;
  readonly order: Turns;
  readonly truth: Truth;
  readonly log: SimulatedLog;
  readonly group: SimulatedGroup;
  readonly hbase: SimulatedHBase;
  /** Positions of the records that stand in the dead-letter topic. */
  readonly deadLetters: Set<string>;
  isOver: boolean;
  /**
   * First-met rows that arrived before need not be there: a generation that was rebuilt begins with those that can be
   * in force.
   */
  rowsSince: number;
}

export interface LiveWorker {
  readonly who: string;
  readonly holdings: Holdings;
  isInRound: boolean;
  /** How it ended: null if told to stop. */
  readonly ended: Promise<CrashPoint | 'gave_up' | 'overtaken' | null>;
}

export const NAMESPACE = 'sim';
export const TOPIC = 'sim';

class Crash extends Error {
  readonly at: CrashPoint | 'gave_up';
  constructor(at: CrashPoint | 'gave_up') {
    super(`crash at ${at}`);
    this.at = at;
  }
}

export function startWorker(world: World, who: string): LiveWorker {
  const { rules, random, faults, order, log } = world;
  const now = world.clocks.reader(log.clockMs);
  const holdings: Holdings = {
    progress: new Map(),
    counts: countRows(random.chance(0.5) ? 200 : 1_000_000),
    held: new Map(),
    ahead: new Map(),
  };
  const hbase = world.hbase.client(() => order.turn(who), faults);
  // A crash ends the worker at once: what its other lane has under way happens behind its back, as a zombie's writes
  // do.
  let crash: (at: CrashPoint | 'gave_up') => never = () => assert.fail('it has not begun');
  const dead = new Promise<never>((_, reject) => {
    crash = (at) => {
      const fault = new Crash(at);
      reject(fault);
      throw fault;
    };
  });
  dead.catch(() => undefined);
  const persist = async <T>(step: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await step();
      } catch (fault) {
        if (!(fault instanceof Retryable)) throw fault;
        if (faults.strikes('give_up', 0.2)) crash('gave_up');
      }
    }
  };
  const reached = (at: CrashPoint): void => {
    if (faults.strikes('crash', 0.01)) crash(at);
  };
  const control = controlStore(hbase, NAMESPACE);
  const admin = { ends: async () => log.ends() };
  const producer = simulatedProducer(world, who);
  const consumer = world.group.join(
    who,
    partitionHooks({ topic: TOPIC, rules, control, admin, persist, certainty: ALWAYS_SURE }, holdings),
  );
  const growth = growthGate({ rules, control, admin, producer, persist, now });
  const stamps = stampGate({ control, logLife: rules.logLife, now, aheadMs: AHEAD_MS });
  const ports = {
    certainty: ALWAYS_SURE,
    growth,
    stamps,
    lanes: 2,
    consumer,
    producer,
    detections: detectionsStore(hbase, NAMESPACE, rules),
    speedView: speedView(hbase, NAMESPACE, rules),
    control,
    persist,
    reached,
  };
  const limit = 1 + random.below(60);
  const live = async (): Promise<CrashPoint | 'gave_up' | 'overtaken' | null> => {
    try {
      while (!world.isOver) {
        const records: LogRecord[] = await consumer.take(limit);
        worker.isInRound = true;
        await Promise.race([runRound(ports, holdings, { records, drained: consumer.drained() }), dead]);
        worker.isInRound = false;
      }
      return null;
    } catch (thrown) {
      if (thrown instanceof Crash) return thrown.at;
      if (thrown instanceof Error && thrown.message.includes('A faster worker')) return 'overtaken';
      throw thrown;
    } finally {
      worker.isInRound = false;
      world.group.leave(who);
    }
  };
  const worker: { -readonly [K in keyof LiveWorker]: LiveWorker[K] } = {
    who,
    holdings,
    isInRound: false,
    ended: Promise.resolve(null),
  };
  worker.ended = live();
  return worker;
}

function simulatedProducer(
  { log, order, faults, deadLetters }: World,
  who: string,
): Pick<LogProducer, 'forward' | 'deadLetter' | 'tick'> {
  const send = async <T>(items: readonly T[], one: (item: T) => void): Promise<void> => {
    await order.turn(who);
    for (const item of items) {
      const fails = faults.strikes('kafka_unacknowledged', 0.02);
      if (!fails || faults.dice('kafka_unacknowledged').chance(0.5)) one(item);
      if (fails) throw new Retryable('Kafka', 'simulated: not acknowledged');
    }
  };
  return {
    forward: (strays) =>
      send(strays, ({ record, id, home }) => {
        // The limit that producers met holds for what is sent home with a header more.
        if (record.value!.length >= GREATEST_VALUE_BYTES) throw new Error('the topic does not take so large a record');
        log.append(home, {
          key: Buffer.from(id),
          value: record.value,
          headers: [...record.headers, ...strayHeaders(record)],
        });
      }),
    tick: (partitions) =>
      send(
        partitions,
        (partition) =>
          void log.append(partition, { key: null, value: Buffer.alloc(0), headers: [[TICK_HEADER, Buffer.from('1')]] }),
      ),
    deadLetter: (letters) =>
      send(letters, ({ record }) => void deadLetters.add(`${record.partition}/${record.offset}`)),
  };
}
