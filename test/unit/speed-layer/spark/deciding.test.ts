import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decidingOf, STALLED_AFTER_MS } from '../../../../speed-layer/spark/deciding.ts';

const next = (...offsets: number[]) => offsets.map((nextOffset, partition) => ({ partition, nextOffset }));
const ends = (...offsets: number[]) => offsets.map((high, partition) => ({ partition, high }));

function at() {
  const clock = { ms: 1_000 };
  const deciding = decidingOf(() => clock.ms);
  deciding.begin();
  return { clock, deciding };
}

test('a query that runs is not ready before the progress has moved', () => {
  const { deciding } = at();
  deciding.look(next(100, 200), ends(150, 200));
  assert.equal(deciding.waitingFor(), '50 records wait, and none is decided yet');
  deciding.look(next(100, 200), ends(160, 200));
  assert.equal(deciding.waitingFor(), '60 records wait, and none is decided yet');
  deciding.look(next(101, 200), ends(160, 200));
  assert.equal(deciding.waitingFor(), null);
});

test('the first progress row of a partition is a decision, what HBase holds at the start is none', () => {
  const { deciding } = at();
  deciding.look([], ends(150, 5));
  assert.match(deciding.waitingFor()!, /none is decided yet/);
  deciding.look(next(0, 5), ends(150, 5));
  assert.equal(deciding.waitingFor(), null);
});

test('an engine with an empty log, or at its end, is ready without a process that decides', () => {
  const { deciding } = at();
  deciding.look([], ends(0, 0));
  assert.equal(deciding.waitingFor(), null);
  deciding.look(next(7, 8), ends(7, 8));
  assert.equal(deciding.waitingFor(), null);
});

test('markers that the supervisor passes are no decision', () => {
  const { deciding } = at();
  deciding.look(next(100, 200), ends(150, 203));
  deciding.pass([{ partition: 1, nextOffset: 203 }]);
  deciding.look(next(100, 203), ends(150, 203));
  assert.equal(deciding.waitingFor(), '50 records wait, and none is decided yet');
});

test('every start of the query decides anew', () => {
  const { deciding } = at();
  deciding.look(next(0), ends(50));
  deciding.look(next(10), ends(50));
  assert.equal(deciding.waitingFor(), null);
  deciding.begin();
  assert.match(deciding.waitingFor()!, /none is decided yet/);
});

test('records that wait for long without a decision end the readiness', () => {
  const { clock, deciding } = at();
  deciding.look(next(0), ends(50));
  deciding.look(next(10), ends(50));
  clock.ms += STALLED_AFTER_MS - 1;
  assert.equal(deciding.waitingFor(), null);
  clock.ms += 1;
  assert.equal(deciding.waitingFor(), '40 records wait, and none was decided for 15 s');
  deciding.look(next(50), ends(50));
  assert.equal(deciding.waitingFor(), null);
  clock.ms += 60_000;
  deciding.look(next(50), ends(50));
  deciding.look(next(50), ends(51));
  assert.equal(deciding.waitingFor(), null);
});
