/** The words beside numbers that one view alone, or one replica alone, has given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '../../../../serving/answers.ts';
import { doubtText, onlySuffix, onlyText } from '../../../../dashboard-next/model/partial-answer.ts';

const NOW = 1_000_000_000;
const SURE: View = { horizon: null, speed_as_of: NOW, freshness_ms: 0, reference_version: 1 };
const DOUBTED: View = { ...SURE, provisional: true, in_doubt: { from: 900_000_000, to: 950_000_000 } };

test('an answer that is whole and sure has no words', () => {
  assert.deepEqual([onlyText(SURE), onlySuffix(SURE), doubtText(SURE, String, NOW)], [null, '', null]);
});

test('one view, or one replica, is named beside the number', () => {
  assert.equal(onlyText({ ...SURE, missing: 'batch' }), 'speed\u00a0only');
  assert.deepEqual([onlyText(DOUBTED), onlySuffix(DOUBTED)], ['provisional', ' · provisional']);
});

test('Trust says which time is in doubt and who repairs it', () => {
  const text = doubtText(DOUBTED, (t) => `<${t}>`, NOW)!;
  assert.match(text, /^Detections from <900000000> to <950000000> are in doubt: .* The batch layer proves and repairs/);
  const everything = { ...DOUBTED, in_doubt: { from: 0, to: Number.MAX_SAFE_INTEGER } };
  assert.match(doubtText(everything, String, NOW)!, /^All times are in doubt/);
});
