import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeptLetter } from '../../../../core/layout/log.ts';
import {
  addressOf,
  bytesOf,
  isNarrow,
  isSelected,
  newest,
  selectionOf,
} from '../../../../admin/dead-letters/select.ts';

const letter = (given: Partial<KeptLetter> = {}): KeptLetter => ({
  partition: 0,
  offset: 0,
  keptAt: 1_000,
  key: null,
  value: null,
  source: { topic: 'detections', partition: 3, offset: 99 },
  reason: 'tombstone',
  detail: 'the record has no value',
  ...given,
});

describe('a selection of dead letters', () => {
  it('takes everything unless it is told otherwise, letters of unknown origin too', () => {
    assert.ok(isSelected(letter({ source: null, reason: null }), selectionOf({})));
    assert.ok(!isNarrow(selectionOf({})));
  });

  it('goes by reason, by the record that was one, and by the time of keeping', () => {
    assert.ok(
      isSelected(
        letter(),
        selectionOf({
          reason: 'tombstone',
          partition: '3',
          fromOffset: '99',
          toOffset: '99',
          since: '1000',
          until: '1001',
        }),
      ),
    );
    for (const other of [
      { reason: 'not_json' },
      { partition: '2' },
      { fromOffset: '100' },
      { toOffset: '98' },
      { since: '1001' },
      { until: '1000' },
    ]) {
      assert.ok(!isSelected(letter(), selectionOf(other)), JSON.stringify(other));
      assert.ok(isNarrow(selectionOf(other)));
    }
    assert.ok(!isSelected(letter({ source: null }), selectionOf({ partition: '3' })));
  });

  it('reads times as people write them', () => {
    assert.equal(selectionOf({ since: '2026-11-22T10:00:00Z' }).since, Date.UTC(2026, 10, 22, 10));
  });

  it('names every option at fault at once', () => {
    assert.throws(
      () => selectionOf({ reason: 'ugly', partition: '-1', since: 'yesterday' }),
      /--reason is "ugly".*\n--partition is "-1".*\n--since is "yesterday"/s,
    );
  });

  it('keeps the newest letters of a long topic, in bounded memory', () => {
    const kept = newest<KeptLetter>(3, bytesOf);
    for (let at = 0; at < 10_000; at++) kept.add([letter({ keptAt: (at * 7_919) % 10_007, offset: at })]);
    assert.deepEqual(
      kept.letters().map(({ keptAt }) => keptAt),
      [10_006, 10_005, 10_004],
    );
  });

  it('reads the address of one letter, and refuses what is none', () => {
    assert.deepEqual(addressOf('3/17'), { partition: 3, offset: 17 });
    for (const text of ['3', '3/', '/17', '3/17/1', 'a/b', '-1/2'])
      assert.throws(() => addressOf(text), /names no letter/);
  });
});
