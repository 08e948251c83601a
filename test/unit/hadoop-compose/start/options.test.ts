/** What `npm start` runs to count: workers, or one engine on Spark. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseTogether, speedCommands } from '../../../../hadoop-compose/start/options.ts';

test('workers are as many as asked for, and the engine on Spark is one', () => {
  assert.deepEqual(speedCommands({ engine: 'worker', workers: 2 }), [['speed'], ['speed']]);
  assert.deepEqual(speedCommands({ engine: 'spark', workers: 2 }), [['speed', '--engine', 'spark']]);
  assert.deepEqual(speedCommands({ engine: 'spark', workers: 1, trigger: 'realtime' }), [
    ['speed', '--engine', 'spark', '--trigger', 'realtime'],
  ]);
});

test('what a secured stack does not run yet is refused by name', () => {
  const options = {
    rate: 1,
    copies: 0,
    workers: 1,
    engine: 'worker',
    reserveGigabytes: 1,
    framesPerSecond: 1,
  } as const;
  refuseTogether({ ...options, secured: true, engine: 'spark' });
  refuseTogether({ ...options, engine: 'spark', observe: true });
  assert.throws(
    () => refuseTogether({ ...options, secured: true, observe: true, footage: true }),
    /--secured does not go together with --observe and --footage yet/,
  );
});
