/** How long an orderly stop may take, by mocked timers, and in which order cameras and parts are stopped. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { Cameras } from '../../../../hadoop-compose/cameras/cameras.ts';
import type { Part } from '../../../../hadoop-compose/start/part.ts';
import { stopAll, unlessStopped, withLimit } from '../../../../hadoop-compose/start/stopping.ts';

describe('stopping npm start', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  function orders(): {
    stop: AbortController;
    hurry: AbortController;
    limited: ReturnType<typeof withLimit>;
    said: string[];
  } {
    const [stop, hurry] = [new AbortController(), new AbortController()];
    const said: string[] = [];
    return {
      stop,
      hurry,
      said,
      limited: withLimit({ stop: stop.signal, hurry: hurry.signal }, (_, what) => void said.push(what)),
    };
  }

  it('goes on in order for fifty seconds, then kills what is left, and says so', () => {
    const { stop, limited, said } = orders();
    mock.timers.tick(600_000);
    assert.equal(limited.hurry.aborted, false, 'a start that nobody stops may run for ever');
    stop.abort();
    mock.timers.tick(49_999);
    assert.equal(limited.hurry.aborted, false);
    mock.timers.tick(1);
    assert.equal(limited.hurry.aborted, true);
    assert.deepEqual(said, [
      'stopping in order; Ctrl-C once more kills what is left',
      'not done after 50 s: what is left is killed',
    ]);
  });

  it('kills what is left as soon as somebody asks again', () => {
    const { stop, hurry, limited, said } = orders();
    stop.abort();
    hurry.abort();
    assert.equal(limited.hurry.aborted, true);
    assert.equal(said.at(-1), 'asked again: what is left is killed');
  });

  it('stops the parts when the last copies of the cameras are sent', async () => {
    const done: string[] = [];
    const cameras = { stop: async () => (await Promise.resolve(), done.push('cameras'), 0) } as unknown as Cameras;
    const part = { name: 'speed-1', stop: async () => void done.push('speed-1') } as unknown as Part;
    await stopAll(cameras, [part], () => undefined, new AbortController().signal);
    assert.deepEqual(done, ['cameras', 'speed-1']);
  });

  it('does not wait for work that goes on after the order', async () => {
    const stop = new AbortController();
    const waiting = unlessStopped(stop.signal, new Promise(() => undefined));
    stop.abort(new Error('told to stop'));
    await assert.rejects(waiting, /told to stop/);
    await assert.rejects(unlessStopped(stop.signal, Promise.reject(new Error('too late'))), /told to stop/);
    assert.equal(await unlessStopped(new AbortController().signal, Promise.resolve(7)), 7);
  });
});
