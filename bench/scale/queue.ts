/**
 * A simulation of workers and their partitions: whether the number that model.ts plans keeps up, and how long records
 * wait.
 *
 * Time goes in steps of ten milliseconds. Records arrive in every partition at a rate that swings by half within a
 * minute, as a street's does. A worker takes what its partitions hold, at most a round's worth, and is busy for a fixed
 * time a round and a time a record; its next round begins when the linger is over and the last one has ended, as in a
 * speed worker, but without stores. No randomness: the same question has the same answer.
 */
export interface QueuePlan {
  readonly ratePerSecond: number;
  readonly workers: number;
  readonly partitions: number;
  /** Of a worker's core. */
  readonly recordMicros: number;
  readonly roundMs: number;
  readonly lingerMs: number;
  readonly roundRecords: number;
  readonly seconds: number;
}

export interface QueueOutcome {
  /** From arrival to the end of the round, in the second half of the time. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Records that wait at the end. */
  readonly backlog: number;
}

const STEP_MS = 10;
const SWING = 0.5;
const SWING_MS = 60_000;

interface Worker {
  /** Arrivals that wait: how many came at which step. */
  readonly waiting: { atMs: number; records: number }[];
  readonly partitions: number;
  owed: number;
  freeAtMs: number;
}

export function simulate(plan: QueuePlan): QueueOutcome {
  const workers: Worker[] = Array.from({ length: plan.workers }, (_, i) => ({
    waiting: [],
    partitions: Math.floor((plan.partitions + plan.workers - 1 - i) / plan.workers),
    owed: 0,
    freeAtMs: 0,
  }));
  const waits = new Map<number, number>();
  const endMs = plan.seconds * 1_000;
  for (let nowMs = 0; nowMs < endMs; nowMs += STEP_MS) {
    const swing = 1 + SWING * Math.sin((2 * Math.PI * nowMs) / SWING_MS);
    const each = (plan.ratePerSecond * swing * STEP_MS) / 1_000 / plan.partitions;
    for (const worker of workers) {
      arrive(worker, each * worker.partitions, nowMs);
      if (worker.freeAtMs > nowMs || worker.waiting.length === 0) continue;
      doRound(worker, plan, nowMs, (waitMs, records) => {
        if (nowMs >= endMs / 2) waits.set(waitMs, (waits.get(waitMs) ?? 0) + records);
      });
    }
  }
  const backlog = workers.reduce((sum, { waiting }) => sum + waiting.reduce((all, { records }) => all + records, 0), 0);
  return { p50Ms: quantileOf(waits, 0.5), p99Ms: quantileOf(waits, 0.99), backlog };
}

function arrive(worker: Worker, records: number, atMs: number): void {
  worker.owed += records;
  const whole = Math.floor(worker.owed);
  worker.owed -= whole;
  if (whole > 0) worker.waiting.push({ atMs, records: whole });
}

function doRound(
  worker: Worker,
  { recordMicros, roundMs, lingerMs, roundRecords }: QueuePlan,
  nowMs: number,
  onDone: (waitMs: number, records: number) => void,
): void {
  const taken: { atMs: number; records: number }[] = [];
  let left = roundRecords;
  while (left > 0 && worker.waiting.length > 0) {
    const first = worker.waiting[0]!;
    const records = Math.min(left, first.records);
    taken.push({ atMs: first.atMs, records });
    left -= records;
    if (records === first.records) worker.waiting.shift();
    else first.records -= records;
  }
  const doneMs = nowMs + roundMs + ((roundRecords - left) * recordMicros) / 1_000;
  worker.freeAtMs = left > 0 ? Math.max(doneMs, nowMs + lingerMs) : doneMs;
  for (const { atMs, records } of taken) onDone(doneMs - atMs, records);
}

function quantileOf(counts: ReadonlyMap<number, number>, share: number): number {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, records]) => sum + records, 0);
  let seen = 0;
  for (const [waitMs, records] of sorted) {
    seen += records;
    if (seen >= share * total) return waitMs;
  }
  return NaN;
}
