/**
 * The engine on Spark, struck at every step of a round: the process that decides, the JVM of the executor, the
 * supervisor, under load and with both triggers (law L1; `npm run test:spark`). Afterwards the rows, cells, tallies and
 * cuts are a worker's.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CrashPoint } from '../../speed-layer/round-ports.ts';
import { TRIGGERS } from '../../speed-layer/spark/plan.ts';
import { feed } from '../support/batch-world.ts';
import { eventually } from '../support/main-job.ts';
import type { Engine } from '../support/spark-engine.ts';
import { startCrashing } from '../support/spark-engine.ts';
import type { Sides } from '../support/speed-sides.ts';
import { byAWorker, isReady, LIMIT_MS, openSides, readToEnd } from '../support/speed-sides.ts';

const isAsked = process.env.SIGHTLINE_SPARK_MASTERS !== undefined;
/** Of every round; the waits have tests of their own (spark-speed-faults.test.ts). */
const ALL_POINTS: readonly CrashPoint[] = [
  'ids_looked_up',
  'count_rows_loaded',
  'decided',
  'strays_forwarded',
  'dead_letters_kept',
  'first_met_written',
  'counts_written',
  'progress_written',
  'offset_committed',
];
/** `SIGHTLINE_CRASH_POINTS=decided,counts_written` strikes at these only; all take some minutes for each test. */
const ASKED_POINTS = process.env.SIGHTLINE_CRASH_POINTS?.split(',');
const POINTS = ALL_POINTS.filter((point) => ASKED_POINTS?.includes(point) ?? true);
const TARGETS = ['node', 'executor', 'supervisor'] as const;

let sides: Sides;

if (isAsked) {
  before(async () => {
    sides = await openSides();
  });
  after(() => sides.close());
}

/** Strikes at each point in turn; a supervisor that was struck is started again. Returns the engine that lives. */
async function strikeEach(who: string, plan: string, first: Engine, again: () => Engine): Promise<Engine> {
  let engine = first;
  for (const point of POINTS) {
    writeFileSync(plan, `${point} ${who}`);
    await eventually(
      `a strike of the ${who} at ${point}`,
      async () => existsSync(plan),
      (isLeft) => !isLeft,
      LIMIT_MS,
    );
    if (who !== 'supervisor') continue;
    await engine.ended;
    engine = again();
  }
  return engine;
}

for (const trigger of isAsked ? TRIGGERS : []) {
  for (const who of TARGETS) {
    test(
      `${trigger}: the ${who} dies at every step, and nothing is lost or counts twice`,
      { timeout: 900_000 },
      async () => {
        const plan = join(sides.bySpark.environment.SIGHTLINE_HOME!, 'crash-plan');
        const start = () => startCrashing(trigger, { ...sides.bySpark.environment, SIGHTLINE_CRASH_PLAN: plan });
        const load = await feed(sides.world.config);
        const engine = await strikeEach(who, plan, start(), start);
        await isReady(engine);
        await load.stop();
        await readToEnd(sides.bySpark, engine);
        await engine.stop();
        await byAWorker(sides.byWorker);
        await sides.bothToEnd();
        await sides.areEqual();
      },
    );
  }
}
