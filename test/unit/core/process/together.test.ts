/** Work side by side ends together: with the first fault, after everything that was under way. */
import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Retryable } from '../../../../core/process/errors.ts';
import { withRetry, WORKER_RETRY } from '../../../../core/process/retry.ts';
import { runTogether } from '../../../../core/process/together.ts';

test('the answers come in the order of the work', async () => {
  assert.deepEqual(await runTogether([3, 1, 2].map((n) => () => sleep(n, n))), [3, 1, 2]);
  assert.deepEqual(await runTogether([]), []);
});

test('the first fault ends a wait that would last for ever, and is the one that is thrown', async () => {
  let tries = 0;
  const forEver = (signal: AbortSignal): Promise<void> =>
    withRetry(
      WORKER_RETRY,
      async () => {
        tries += 1;
        throw new Retryable('HBase', 'the client was closed');
      },
      { signal },
    );
  const broken = async (): Promise<void> => {
    while (tries === 0) await turn();
    throw new Error('first');
  };
  await assert.rejects(runTogether([forEver, broken]), { message: 'first' });
  const triesThen = tries;
  // Longer than the first wait between two tries.
  await sleep(WORKER_RETRY.firstDelayMs + 20);
  assert.equal(tries, triesThen, 'nothing goes on behind the fault');
});

test('what cannot be interrupted is waited for', async () => {
  let isDone = false;
  const slow = async (): Promise<void> => {
    for (let turns = 0; turns < 5; turns++) await turn();
    isDone = true;
  };
  await assert.rejects(runTogether([slow, async () => assert.fail('at once')]), /at once/);
  assert.ok(isDone);
});

test('a wait that a signal ends throws what the signal was aborted with', async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = withRetry(
    WORKER_RETRY,
    async () => {
      throw new Retryable('Kafka', 'away');
    },
    { signal: [first.signal, second.signal] },
  );
  setTimeout(() => second.abort(new Error('why')), 20);
  await assert.rejects(waiting, { message: 'why' });
});
