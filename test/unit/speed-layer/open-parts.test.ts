import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openParts } from '../../../speed-layer/open-parts.ts';

test('parts are closed in reverse, and one that cannot be closed is named and keeps no other open', async () => {
  const closed: string[] = [];
  const warned: unknown[] = [];
  const parts = openParts({ warn: (fields: unknown) => void warned.push(fields) } as Parameters<typeof openParts>[0]);
  const part = (name: string) => ({ close: async () => void closed.push(name) });
  const first = part('metrics server');
  assert.equal(parts.add(first), first);
  parts.add({
    close: async () => {
      throw new Error('the socket is gone');
    },
  });
  parts.add(part('consumer'));
  await parts.closeAll();
  assert.deepEqual(closed, ['consumer', 'metrics server']);
  assert.deepEqual(warned, [{ because: 'the socket is gone' }]);
  await parts.closeAll();
  assert.equal(closed.length, 2);
});
