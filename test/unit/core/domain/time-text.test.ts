/** Times as people write them: one text means one instant at every door, whatever zone the machine is in. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDateText, LAST_INSTANT, readTimeText } from '../../../../core/domain/time.ts';
import { selectionOf } from '../../../../admin/dead-letters/select.ts';
import { readAddress } from '../../../../dashboard-next/model/address.ts';
import { readTime } from '../../../../serving/counts/window.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

test('ISO 8601 is read with and without a zone, seconds and parts of them', () => {
  const same = [
    '2026-11-22T12:00',
    '2026-11-22T12:00Z',
    '2026-11-22T12:00:00',
    '2026-11-22T12:00:00.000Z',
    '2026-11-22T12:00:00.000000',
    '2026-11-22T13:00+01:00',
    '2026-11-22T13:00+0100',
    '2026-11-22T13:00 01:00',
    '2026-11-22T13:00+01',
    '2026-11-22T08:30-03:30',
    String(NOON),
  ];
  for (const text of same) assert.equal(readTimeText(text), NOON, text);
  assert.equal(readTimeText('2026-11-22T12:00:00.25'), NOON + 250);
  assert.equal(readTimeText('2026-11-22'), NOON - 43_200_000);
  assert.equal(readTimeText('0'), 0);
});

test('what is no time is none: days that do not exist, words, times outside of 1970 to 9999', () => {
  for (const text of [
    '',
    'yesterday',
    '2026-02-30',
    '2026-02-30T10:00',
    '2026-13-01',
    '2026-11-22T25:00',
    '22.11.2026',
    'Nov 22 2026',
    '2026-11-22 12:00',
    '1969-12-31',
    '-1',
    '1.5',
    '1e3',
    '999999999999999',
    '2026-11-22T12:00+25:00',
    '2026-11-22Z ',
  ]) {
    assert.equal(readTimeText(text), null, text);
  }
  assert.equal(readTimeText(String(LAST_INSTANT + 1)), LAST_INSTANT + 1);
  assert.equal(readTimeText(String(LAST_INSTANT + 2)), null);
  assert.equal(isDateText('2026-02-28'), true);
  assert.equal(isDateText('2026-02-29'), false);
});

test('every instant is read back from its ISO text', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: LAST_INSTANT }), (t) =>
      assert.equal(readTimeText(new Date(t).toISOString()), t),
    ),
  );
});

test('the API, the command line and the address of a page read one text as one instant', () => {
  const text = '2026-11-22T12:00';
  assert.equal(readTime('from', text), NOON);
  assert.equal(selectionOf({ since: text }).since, NOON);
  assert.equal(readAddress(new URLSearchParams({ from: text, to: '2026-11-23' })).choices.fixed?.from, NOON);
  assert.throws(() => selectionOf({ since: '2026-02-30' }), { exitCode: 2, message: /--since is "2026-02-30"/ });
});

test('the zone of the machine does not matter', () => {
  const code =
    "import { selectionOf } from './admin/dead-letters/select.ts'; console.log(selectionOf({ since: '2026-11-22T12:00' }).since)";
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    env: { ...process.env, TZ: 'America/New_York' },
    encoding: 'utf8',
  });
  assert.equal(Number(stdout), NOON);
});
