/** Progress: one line on a terminal with rate and time left, few plain lines elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressText, progressLineOn } from '../../../batch-layer/progress-line.ts';

function stream(isTTY: boolean): { text: string; isTTY: boolean; write(text: string): boolean } {
  const made = {
    text: '',
    isTTY,
    write(text: string) {
      made.text += text;
      return true;
    },
  };
  return made;
}

test('rate and time left follow from the count and the total', () => {
  assert.equal(
    progressText(80_000, 'records', 1_000, 880_000),
    '80,000 of 880,000 records, 80,000 a second, 10 s left',
  );
  assert.equal(progressText(1_000, 'cells', 500), '1,000 cells, 2,000 a second');
  assert.equal(
    progressText(1_000, 'records', 0, 880_000),
    '1,000 of 880,000 records',
    'no rate before any time has passed',
  );
  assert.match(progressText(1, 'files', 60_000, 1_000), /, 16\.6 h left$|, 16\.7 h left$/);
});

test('on a terminal one line is overwritten', () => {
  const out = stream(true);
  let now = 0;
  const progressLine = progressLineOn(out, () => now);
  progressLine.update('archive', 10, 'records', 100);
  now = 1_000;
  progressLine.update('archive', 50, 'records', 100);
  progressLine.finishStep('2026-11-22', 'archive', 1_500);
  assert.equal(out.text.split('\r').length, 4);
  assert.match(out.text, /1 s left/);
  assert.ok(out.text.endsWith('2026-11-22 archive: 1.5 s\n'));
});

test('elsewhere a line is written when a step ends and every half minute of a long step, without control characters', () => {
  const out = stream(false);
  let now = 0;
  const progressLine = progressLineOn(out, () => now);
  for (now = 0; now <= 65_000; now += 1_000) progressLine.update('archive', now, 'records', 100_000);
  progressLine.finishStep('2026-11-22', 'archive', 65_000);
  assert.equal(out.text.trim().split('\n').length, 3);
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(out.text, /[\r\u001b]/);
});
