/**
 * The log as Spark delivers it: what a process that Spark feeds reads from, in place of the consumer of a group
 * (core/stores/kafka/types.ts, LogConsumer).
 *
 * executor.ts passes it the frames of all tasks (tasks.ts); worker.ts takes records from it, exactly as a worker does.
 * A task reads one partition and ends only when its last record is behind the progress. Where a task may begin follows
 * from the progress row, never from Spark:
 *
 *   at the progress that this process holds    the task goes on with what is in memory
 *   anywhere else                              the progress is read again, and what is in memory of the partition dropped
 *     before the progress                      records before it are passed over (admit.ts)
 *     after it, nothing in between             markers of transactions, or aborted records
 *     after it, records in between
 *       in the first batch of a run            the task fails, and the supervisor starts the query from the progress
 *       later                                  another process has dropped them, and the task drops its records too
 *
 * A partition that waits (for a growth, or before a stamp from the future) must not hold up Spark, which may give no
 * slot to the partition that the growth waits for. So its further records are dropped, and its tasks end as if they
 * were done. Whoever drops says so in `dropped`, and the supervisor starts the query from the progress when the wait is
 * over (waits.ts).
 */
import type { GroupHooks, LogConsumer } from '../../core/stores/kafka/types.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';
import type { Frame } from './frames.ts';
import type { Task, Tasks } from './tasks.ts';
import { tasksOf } from './tasks.ts';

export interface IntakePorts {
  readonly answer: (frame: Buffer) => void;
  /** Of the partitions that this process holds; `hooks` change it. */
  readonly progress: ReadonlyMap<number, Progress>;
  /** Where a partition starts: its progress row. Also forgets what was in memory of it (partitions.ts). */
  readonly hooks: GroupHooks;
  /** Whether the log holds committed records in [from, before). */
  readonly hasRecords: (partition: number, from: number, before: number) => Promise<boolean>;
  /** No other process is fed by this query, so a gap within a run is only what Kafka does not deliver. */
  readonly isAlone: boolean;
}

export interface Intake extends LogConsumer {
  /** Partitions whose records were dropped here since they were last read, and in which run that was. */
  dropped(): Dropped[];
}

export interface Dropped {
  readonly partition: number;
  readonly run: number;
  /** `follows`: another process waits, and dropped records before. */
  readonly why: 'waits' | 'follows' | 'has waited';
}

const WAIT_MS = 50;

/** `frames` hands each frame to the function that it is given, from then on. */
export function sparkIntake(ports: IntakePorts, frames: (receive: (frame: Frame) => void) => void): Intake {
  const tasks = tasksOf(ports.answer, ports.progress);
  const starts = startsOfTasks(ports, tasks);
  let wake = (): void => undefined;
  frames((frame) => {
    tasks.receive(frame);
    wake();
  });
  const untilFrame = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, WAIT_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wake = () => undefined;
  };
  return {
    async take(limit) {
      tasks.settle();
      if (tasks.isIdle()) await untilFrame();
      for (const task of tasks.waiting()) await starts.begin(task);
      tasks.settle();
      return tasks.take(limit);
    },
    hold(partitions) {
      starts.wait(partitions);
      tasks.settle();
    },
    dropped: starts.dropped,
    // Kafka tells only a consumer where a partition ends; the supervisor passes markers at its end (markers.ts).
    drained: () => new Map(),
    // The supervisor commits the group's offsets. The progress has just moved.
    commit: tasks.settle,
    // Only the supervisor knows the ends.
    ends: () => new Map(),
    close: async () => undefined,
  };
}

/** Where tasks begin, and which partitions wait. */
function startsOfTasks({ progress, hooks, hasRecords, isAlone }: IntakePorts, tasks: Tasks) {
  /** In which run each partition was begun here. */
  const runs = new Map<number, number>();
  const dropped = new Map<number, Dropped['why']>();
  const drop = (task: Task): void => {
    task.state = 'dropping';
    tasks.drop(task);
  };
  const beginsBeyond = (partition: number, first: number, offset: number): string =>
    `Partition ${partition} begins at offset ${first}, and only what is before ${offset} is counted.`;
  return {
    async begin(task: Task): Promise<void> {
      const { partition, run } = task;
      for (const other of tasks.of(partition))
        if (other.number < task.number) tasks.fail(other, `Another task reads partition ${partition} now.`);
      const isKnown = runs.get(partition) === run;
      if (isKnown && dropped.has(partition)) return drop(task);
      const first = task.queue[0]!.record.offset;
      if (!isKnown || progress.get(partition)?.nextOffset !== first) {
        await hooks.revoked([partition]);
        const [start] = await hooks.assigned([partition]);
        const { offset } = start!;
        if (offset < first && !(isKnown && isAlone) && (await hasRecords(partition, offset, first))) {
          if (task.batch === 0) return tasks.fail(task, beginsBeyond(partition, first, offset));
          runs.set(partition, run);
          dropped.set(partition, 'follows');
          return drop(task);
        }
      }
      runs.set(partition, run);
      dropped.delete(partition);
      task.state = 'reading';
    },
    /** Exactly these partitions wait from now on. */
    wait(partitions: readonly number[]): void {
      for (const [partition, why] of dropped) if (why === 'waits') dropped.set(partition, 'has waited');
      for (const partition of partitions) {
        dropped.set(partition, 'waits');
        for (const task of tasks.of(partition)) if (task.state === 'reading') drop(task);
      }
    },
    dropped: () => [...dropped].map(([partition, why]) => ({ partition, run: runs.get(partition)!, why })),
  };
}
