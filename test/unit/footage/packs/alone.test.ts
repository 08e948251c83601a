/** Waiting for the lease of packing: for as long as the patience lasts, and never for another fault. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXIT, Refusal } from '../../../../core/process/errors.ts';
import { whenFree } from '../../../../footage/packs/alone.ts';

const held = new Refusal(EXIT.lake_held, 'packing is under way');
const { signal } = new AbortController();

function refusedFor(times: number): () => Promise<string> {
  let left = times;
  return async () => {
    if (left-- > 0) throw held;
    return 'done';
  };
}

describe('waiting for the lease of packing', () => {
  it('goes on when the holder has ended', async () => {
    const told: Refusal[] = [];
    const patience = { limitMs: 60_000, askEveryMs: 1, onWait: (fault: Refusal) => void told.push(fault) };
    assert.equal(await whenFree(refusedFor(3), patience, signal), 'done');
    assert.deepEqual(told, [held, held, held]);
  });

  it('gives up with the exit code of a held lease', async () => {
    let waits = 0;
    const patience = { limitMs: 20, askEveryMs: 5, onWait: () => void (waits += 1) };
    await assert.rejects(whenFree(refusedFor(Infinity), patience, signal), held);
    assert.ok(waits > 0);
  });

  it('does not wait without patience, nor for another fault', async () => {
    const onWait = (): void => assert.fail('it waits');
    await assert.rejects(whenFree(refusedFor(1), { limitMs: 0, onWait }, signal), held);
    const damaged = new Refusal(EXIT.data_check_failed, 'damaged');
    await assert.rejects(
      whenFree(() => Promise.reject(damaged), { limitMs: 60_000, onWait }, signal),
      damaged,
    );
  });

  it('ends when it is told to stop', async () => {
    const stop = new AbortController();
    const patience = { limitMs: 60_000, askEveryMs: 60_000, onWait: () => stop.abort() };
    await assert.rejects(whenFree(refusedFor(Infinity), patience, stop.signal), { name: 'AbortError' });
  });
});
