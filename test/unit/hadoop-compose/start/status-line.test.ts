/** The line of `npm start`: what a person must know at a glance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../../../../hadoop-compose/start/status-line.ts';

const FACTS = { cameras: null, paused: null, footage: null, freeBytes: 12e9 };
const TRUST = { tallies: { new: 1_000, copies: 100 }, horizon: null, view: { freshness_ms: 800 }, held: [] };

test('a partition that is held is named, and where to look', () => {
  assert.doesNotMatch(describe(TRUST, FACTS), /HELD/);
  const held = [{ partition: 3, goes_on_at: 0 }];
  assert.match(describe({ ...TRUST, held }, FACTS), /HELD: partition 3, a broker's clock ran ahead \(see Trust\)/);
  assert.match(
    describe({ ...TRUST, held: [...held, { partition: 5, goes_on_at: 0 }] }, FACTS),
    /partition 3 and 1 more/,
  );
});

test('footage is in the line when it is taken in: files settled, and how long the last ones took', () => {
  assert.doesNotMatch(describe(TRUST, FACTS), /settled/);
  const footage = { settled: 1_234, visibleAfterSeconds: 6.6 };
  assert.match(describe(TRUST, { ...FACTS, footage }), /1,234 files settled, visible after 7 s/);
  assert.match(describe(TRUST, { ...FACTS, footage: { ...footage, visibleAfterSeconds: null } }), /settled · 12 GB/);
});
