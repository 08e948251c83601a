import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchLate, batchNote, horizonText, splitTotal, speedNote } from '../../../../dashboard-next/model/share.ts';
import { NOON, trust } from '../answers.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const verdict = (result: 'proved' | 'repaired' | 'unproven', differences = 0) => ({
  epoch: '2026-11-22',
  result,
  differences,
});

test('the two shares add up to 100.0', () => {
  const part = fc.integer({ min: 0, max: 1e12 });
  fc.assert(
    fc.property(part, part, (batch, speed) => {
      const made = splitTotal({ batch, speed });
      const [a, b] = [parseFloat(made.batch), parseFloat(made.speed)];
      if (!/[–<>]/.test(made.batch + made.speed)) assert.ok(Math.abs(a + b - 100) < 0.11);
    }),
  );
});

test('the note of batch has its end and the verdict', () => {
  assert.equal(batchNote(trust(), verdict('proved'), 'UTC', NOON).text, 'to 22 Nov, proved');
  assert.equal(batchNote(trust(), verdict('repaired', 3), 'UTC', NOON).text, 'to 22 Nov, 3 repaired');
  assert.deepEqual(batchNote(trust(), verdict('unproven'), 'UTC', NOON), { text: 'to 22 Nov, unproven', warn: true });
  assert.equal(batchNote(trust({ horizon: null }), null, 'UTC', NOON).text, 'none yet');
  assert.equal(batchNote(trust(), { ...verdict('proved'), epoch: '2026-11-21' }, 'UTC', NOON).text, 'to 22 Nov');
});

test('the horizon of epochs shorter than a day is a time', () => {
  const short = trust({
    epoch_seconds: 300,
    horizon: { epoch: '2026-11-23T1150', ends_at: NOON - 300_000, published_at: NOON - 290_000 },
  });
  assert.equal(horizonText(short, 'UTC', NOON), '11:55');
  assert.equal(horizonText(short, 'Europe/Berlin', NOON), '12:55');
});

test('a late batch layer shows by how much it is late', () => {
  const batch = {
    behind_epochs: 1,
    behind_seconds: 90_000,
    running: null,
    open_epoch: '2026-11-24',
    open_ends_at: NOON,
  };
  assert.equal(plain(batchLate(trust({ batch }))!), 'Batch is 1 night late');
  assert.equal(batchLate(trust({ batch: { ...batch, behind_seconds: 700 } })), null);
  assert.equal(
    plain(batchLate(trust({ epoch_seconds: 300, batch: { ...batch, behind_epochs: 4, behind_seconds: 1_200 } }))!),
    'Batch is 20 min late',
  );
});

test('the note of speed has the time when it can be checked', () => {
  assert.equal(speedNote({ batch: 1, speed: 1 }, trust(), 'UTC'), 'checked after 00:00');
  assert.equal(speedNote({ batch: 1, speed: 0 }, trust(), 'UTC'), 'none');
});
