/** Lanes: a few things at a time, nothing begun after a fault, nothing left under way. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { Retryable } from '../../../../core/process/errors.ts';
import { COMMAND_RETRY, withRetry } from '../../../../core/process/retry.ts';
import { inLanes } from '../../../../core/process/lanes.ts';

test('every thing is worked on, and never more at once than there are lanes', async () => {
  const done: number[] = [];
  let [now, most] = [0, 0];
  await inLanes(
    3,
    Array.from({ length: 20 }, (_, n) => n),
    async (n) => {
      most = Math.max(most, ++now);
      for (let turns = n % 4; turns >= 0; turns--) await turn();
      now -= 1;
      done.push(n);
    },
  );
  assert.deepEqual(
    done.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.equal(most, 3);
});

test('after a fault no work begins, and all work has ended when the fault is thrown', async () => {
  const begun: number[] = [];
  let underWay = 0;
  const work = async (n: number): Promise<void> => {
    begun.push(n);
    underWay += 1;
    for (let turns = 0; turns < n + 1; turns++) await turn();
    underWay -= 1;
    if (n === 1) throw new Error('broken');
  };
  await assert.rejects(
    inLanes(
      2,
      Array.from({ length: 50 }, (_, n) => n),
      work,
    ),
    /broken/,
  );
  assert.equal(underWay, 0);
  assert.ok(begun.length < 5, `${begun.length} were begun`);
});

test('the source of things is read no further ahead than there are lanes, and its fault ends the work', async () => {
  let made = 0;
  let finished = 0;
  async function* source(): AsyncGenerator<number, undefined> {
    for (; made < 6; made++) yield made;
    throw new Error('no more');
  }
  const work = async (): Promise<void> => {
    assert.ok(made - finished <= 3, `${made - finished} ahead`);
    await turn();
    finished += 1;
  };
  await assert.rejects(inLanes(2, source(), work), /no more/);
  assert.equal(finished, 6);
});

test('a fault aborts the waits of the other lanes, and is the one that is thrown', async () => {
  let tries = 0;
  const work = async (n: number, failed: AbortSignal): Promise<void> => {
    if (n === 1) throw new Error('broken');
    await withRetry(
      COMMAND_RETRY,
      async () => {
        tries += 1;
        throw new Retryable('HDFS', 'away');
      },
      { signal: failed },
    );
  };
  const began = performance.now();
  await assert.rejects(inLanes(2, [0, 1], work), /broken/);
  assert.ok(performance.now() - began < 5_000, 'a wait of a minute is not waited for');
  assert.equal(tries, 1);
});
