import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetText, spanZoneText, zoneText } from '../../../../dashboard-next/text/zones.ts';

test('zones are named by their offset', () => {
  const t = Date.UTC(2026, 10, 22);
  assert.equal(offsetText(t, 'UTC'), 'UTC');
  assert.equal(offsetText(t, 'Asia/Kolkata'), 'UTC+5:30');
  assert.equal(offsetText(t, 'America/St_Johns'), 'UTC−3:30');
  assert.equal(zoneText(t, 'America/New_York'), 'America/New York, UTC−5');
});

test('a range over a change of clocks names both', () => {
  const night = { from: Date.UTC(2026, 10, 1, 4), to: Date.UTC(2026, 10, 2, 5) };
  assert.equal(spanZoneText(night, 'America/New_York'), 'America/New York, UTC−4, then UTC−5');
  assert.equal(spanZoneText(night, 'Asia/Kolkata'), 'Asia/Kolkata, UTC+5:30');
  assert.equal(spanZoneText(night, 'UTC'), 'UTC');
});
