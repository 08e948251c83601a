/**
 * Where a task of Spark may begin, when it may end, and what becomes of a partition that waits: from the progress rows
 * alone (L1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../../core/domain/detection.ts';
import type { Progress } from '../../../../core/stores/control/progress-rows.ts';
import type { Frame } from '../../../../speed-layer/spark/frames.ts';
import type { Intake } from '../../../../speed-layer/spark/intake.ts';
import { sparkIntake } from '../../../../speed-layer/spark/intake.ts';
import { idsAt, progressOf, record } from '../records.ts';
import { answerText } from './frame-bytes.ts';

const BYTES = 100;
const ids = idsAt(1, 40);
const at = (offset: number): LogRecord => record(offset, { id: ids[offset % 40]!, partition: 1 });

interface Stage {
  readonly intake: Intake;
  readonly answers: string[];
  /** The rows in HBase. */
  readonly rows: Map<number, number>;
  readonly loads: number[];
  readonly asked: string[];
  open(task: number, run?: number, batch?: number): void;
  send(task: number, ...offsets: number[]): void;
  close(task: number): void;
  abandon(task: number): void;
  /** The effects of a round up to here. */
  reach(next: number): void;
}

function stage({ progress: next = 0, isAlone = false, gap = false } = {}): Stage {
  const rows = new Map([[1, next]]);
  const progress = new Map<number, Progress>();
  const answers: string[] = [];
  const loads: number[] = [];
  const asked: string[] = [];
  let give: (frame: Frame) => void = () => undefined;
  const intake = sparkIntake(
    {
      answer: (bytes) => void answers.push(answerText(bytes)),
      progress,
      hooks: {
        async assigned(partitions) {
          for (const partition of partitions) progress.set(partition, progressOf(partition, rows.get(partition)));
          loads.push(...partitions);
          return partitions.map((partition) => ({ partition, offset: rows.get(partition)! }));
        },
        revoked: async (partitions) => partitions.forEach((partition) => progress.delete(partition)),
      },
      hasRecords: async (partition, from, before) => {
        asked.push(`${partition} ${from} ${before}`);
        return gap;
      },
      isAlone,
    },
    (receive) => void (give = receive),
  );
  return {
    intake,
    answers,
    rows,
    loads,
    asked,
    open: (task, run = 1, batch = 0) => give({ kind: 'open', task, run, batch, partition: 1 }),
    send: (task, ...offsets) =>
      offsets.forEach((offset) => give({ kind: 'record', task, record: at(offset), bytes: BYTES })),
    close: (task) => give({ kind: 'close', task }),
    abandon: (task) => give({ kind: 'abandon', task }),
    reach(offset) {
      rows.set(1, offset);
      progress.set(1, progressOf(1, offset));
      intake.commit([{ partition: 1, offset }]);
    },
  };
}

const offsetsOf = (records: readonly LogRecord[]): number[] => records.map(({ offset }) => offset);

test('a task ends when the progress has passed its last record, and not before', async () => {
  const { intake, answers, open, send, close, reach } = stage();
  open(1);
  send(1, 0, 1, 2);
  close(1);
  assert.deepEqual(offsetsOf(await intake.take(2)), [0, 1]);
  assert.deepEqual(answers, ['taken 1 200']);
  reach(2);
  assert.deepEqual(offsetsOf(await intake.take(10)), [2]);
  assert.deepEqual(answers, ['taken 1 200', 'taken 1 100']);
  reach(3);
  assert.deepEqual(answers.at(-1), 'done 1');
});

test('the next task goes on with what is in memory; another start reads the progress again', async () => {
  const { intake, loads, open, send, close, reach, rows } = stage();
  open(1);
  send(1, 0, 1);
  close(1);
  await intake.take(10);
  reach(2);
  open(2);
  send(2, 2);
  close(2);
  assert.deepEqual(offsetsOf(await intake.take(10)), [2]);
  assert.deepEqual(loads, [1]);
  reach(3);
  // Another process has counted up to 7 meanwhile.
  rows.set(1, 7);
  open(3);
  send(3, 5, 6, 7);
  assert.deepEqual(offsetsOf(await intake.take(10)), [5, 6, 7]);
  assert.deepEqual(loads, [1, 1]);
});

test('a task whose records are all counted ends without a round', async () => {
  const { intake, answers, open, send, close } = stage({ progress: 9 });
  open(1);
  send(1, 3, 4);
  close(1);
  assert.deepEqual(offsetsOf(await intake.take(10)), [3, 4]);
  await intake.take(10);
  assert.deepEqual(answers, ['taken 1 200', 'done 1']);
});

test('a task that begins beyond the progress fails if the log holds records in between', async () => {
  const { intake, answers, asked, open, send } = stage({ progress: 3, gap: true });
  open(1);
  send(1, 8);
  assert.deepEqual(await intake.take(10), []);
  assert.deepEqual(asked, ['1 3 8']);
  assert.deepEqual(answers, [
    'taken 1 100',
    'failed 1 5 Partition 1 begins at offset 8, and only what is before 3 is counted.',
  ]);
});

test('markers of transactions between the progress and the first record are no gap', async () => {
  const { intake, asked, open, send, reach, close } = stage({ progress: 3 });
  open(1);
  send(1, 5);
  close(1);
  assert.deepEqual(offsetsOf(await intake.take(10)), [5]);
  reach(6);
  open(2);
  send(2, 8);
  assert.deepEqual(offsetsOf(await intake.take(10)), [8]);
  assert.deepEqual(asked, ['1 3 5', '1 6 8']);
});

test('the only process of a run asks the log at the first start alone', async () => {
  const { intake, asked, open, send, reach, close } = stage({ progress: 3, isAlone: true });
  open(1);
  send(1, 5);
  close(1);
  await intake.take(10);
  reach(6);
  open(2);
  send(2, 8);
  assert.deepEqual(offsetsOf(await intake.take(10)), [8]);
  assert.deepEqual(asked, ['1 3 5']);
});

test('a repeated task takes the place of the one before it', async () => {
  const { intake, answers, open, send, close, loads } = stage();
  open(1);
  send(1, 0, 1);
  await intake.take(1);
  open(2, 1);
  send(2, 0, 1);
  close(2);
  assert.deepEqual(offsetsOf(await intake.take(10)), [0, 1]);
  assert.deepEqual(answers[2], 'failed 1 5 Another task reads partition 1 now.');
  assert.deepEqual(loads, [1]);
  open(3);
  send(3, 0);
  assert.deepEqual(offsetsOf(await intake.take(10)), [0]);
});

test('an abandoned task is forgotten, and its late frames too', async () => {
  const { intake, answers, open, send, abandon, close } = stage();
  open(1);
  send(1, 0);
  abandon(1);
  send(1, 1);
  close(1);
  assert.deepEqual(await intake.take(10), []);
  assert.deepEqual(answers, ['taken 1 100']);
});

test('a partition that waits holds up no task, and is read again in another run when its wait is over', async () => {
  const { intake, answers, open, send, close, loads } = stage();
  open(1);
  send(1, 0, 1);
  await intake.take(1);
  intake.hold([1]);
  send(1, 2);
  close(1);
  await intake.take(10);
  assert.deepEqual(answers, ['taken 1 100', 'taken 1 100', 'taken 1 100', 'done 1']);
  open(2);
  send(2, 3);
  close(2);
  assert.deepEqual(await intake.take(10), []);
  await intake.take(10);
  assert.deepEqual(answers.slice(4), ['taken 2 100', 'done 2']);
  assert.deepEqual(intake.dropped(), [{ partition: 1, run: 1, why: 'waits' }]);
  intake.hold([]);
  assert.deepEqual(intake.dropped(), [{ partition: 1, run: 1, why: 'has waited' }]);
  open(3, 2);
  send(3, 0, 1);
  assert.deepEqual(offsetsOf(await intake.take(10)), [0, 1]);
  assert.deepEqual(intake.dropped(), []);
  assert.deepEqual(loads, [1, 1]);
});

test('a later batch that begins beyond the progress follows a process that dropped the records in between', async () => {
  const { intake, answers, open, send, close } = stage({ progress: 3, gap: true });
  open(1, 1, 4);
  send(1, 8);
  close(1);
  assert.deepEqual(await intake.take(10), []);
  await intake.take(10);
  assert.deepEqual(answers, ['taken 1 100', 'done 1']);
  assert.deepEqual(intake.dropped(), [{ partition: 1, run: 1, why: 'follows' }]);
});
