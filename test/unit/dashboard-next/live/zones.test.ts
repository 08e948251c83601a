import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetText, zoneText } from '../../../../dashboard-next/live/zones.ts';

test('zones are named by how far they are ahead', () => {
  const t = Date.UTC(2026, 10, 22);
  assert.equal(offsetText(t, 'UTC'), 'UTC');
  assert.equal(offsetText(t, 'Asia/Kolkata'), 'UTC+5:30');
  assert.equal(offsetText(t, 'America/St_Johns'), 'UTC−3:30');
  assert.equal(zoneText(t, 'America/New_York'), 'America/New York, UTC−5');
});
