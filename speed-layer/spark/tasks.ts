/**
 * The tasks of Spark that feed this process: their records in the order in which they came, and the answers that they
 * wait for.
 *
 * intake.ts decides which of them may begin and which are dropped; the frames of a task change nothing else. A task
 * waits for two answers: that its bytes were taken, so that it may send more, and that it is done.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';
import type { Frame } from './frames.ts';
import { EXIT } from '../../core/process/errors.ts';
import { doneFrame, failedFrame, takenFrame } from './frames.ts';

export interface Task {
  readonly number: number;
  readonly run: number;
  readonly batch: number;
  readonly partition: number;
  /** `new`: its first record is not compared yet. `dropping`: its records are not wanted. */
  state: 'new' | 'reading' | 'dropping';
  queue: Queued[];
  lastOffset: number;
  isClosed: boolean;
}

interface Queued {
  readonly record: LogRecord;
  readonly bytes: number;
}

export interface Tasks {
  /** Those that have records and have not begun. */
  waiting(): Task[];
  of(partition: number): Task[];
  receive(frame: Frame): void;
  /** Up to so many records of the tasks that read, a fair share of each. */
  take(limit: number): LogRecord[];
  /** Takes no more records of this task. */
  drop(task: Task): void;
  fail(task: Task, text: string): void;
  /** Ends the tasks whose records are all behind the progress, and those whose records were dropped. */
  settle(): void;
  isIdle(): boolean;
}

export function tasksOf(answer: (frame: Buffer) => void, progress: ReadonlyMap<number, Progress>): Tasks {
  const tasks = new Map<number, Task>();
  const take = (task: Task, count: number): Queued[] => {
    const taken = task.queue.splice(0, count);
    const bytes = taken.reduce((sum, queued) => sum + queued.bytes, 0);
    if (bytes > 0) answer(takenFrame(task.number, bytes));
    return taken;
  };
  const drop = (task: Task): void => void take(task, task.queue.length);
  const isOver = ({ state, partition, lastOffset, queue, isClosed }: Task): boolean => {
    if (!isClosed || queue.length > 0) return false;
    return state === 'dropping' || (state === 'reading' && (progress.get(partition)?.nextOffset ?? 0) > lastOffset);
  };
  return {
    waiting: () => [...tasks.values()].filter(({ state, queue }) => state === 'new' && queue.length > 0),
    of: (partition) => [...tasks.values()].filter((task) => task.partition === partition),
    receive(frame) {
      if (frame.kind === 'settings') throw new Error('Spark sent the settings a second time.');
      if (frame.kind === 'open') {
        const { task: number, run, batch, partition } = frame;
        tasks.set(number, { number, run, batch, partition, state: 'new', queue: [], lastOffset: -1, isClosed: false });
        return;
      }
      const task = tasks.get(frame.task);
      // A task that failed here may still have frames under way.
      if (!task) return;
      if (frame.kind === 'record') {
        task.lastOffset = frame.record.offset;
        task.queue.push({ record: frame.record, bytes: frame.bytes });
        if (task.state === 'dropping') drop(task);
      } else if (frame.kind === 'close') {
        task.isClosed = true;
      } else {
        drop(task);
        tasks.delete(task.number);
      }
    },
    take(limit) {
      const reading = [...tasks.values()].filter(({ state, queue }) => state === 'reading' && queue.length > 0);
      const records: LogRecord[] = [];
      reading.forEach((task, i) => {
        const share = Math.ceil((limit - records.length) / (reading.length - i));
        for (const { record } of take(task, share)) records.push(record);
      });
      return records;
    },
    drop,
    fail(task, text) {
      drop(task);
      tasks.delete(task.number);
      answer(failedFrame(task.number, EXIT.dependency_down, text));
    },
    settle() {
      for (const task of [...tasks.values()].filter(isOver)) {
        tasks.delete(task.number);
        answer(doneFrame(task.number));
      }
    },
    isIdle: () => [...tasks.values()].every(({ queue, state }) => state === 'dropping' || queue.length === 0),
  };
}
