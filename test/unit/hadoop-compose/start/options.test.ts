/** What `npm start` runs to count: workers, or one engine on Spark. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { speedCommands } from '../../../../hadoop-compose/start/options.ts';

test('workers are as many as asked for, and the engine on Spark is one', () => {
  assert.deepEqual(speedCommands({ engine: 'worker', workers: 2 }), [['speed'], ['speed']]);
  assert.deepEqual(speedCommands({ engine: 'spark', workers: 2 }), [['speed', '--engine', 'spark']]);
  assert.deepEqual(speedCommands({ engine: 'spark', workers: 1, trigger: 'realtime' }), [
    ['speed', '--engine', 'spark', '--trigger', 'realtime'],
  ]);
});
