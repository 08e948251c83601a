import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeptLetter } from '../../../../core/layout/log.ts';
import { homeOf } from '../../../../core/domain/home.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { DAY_MS, instant } from '../../../../core/domain/time.ts';
import { rejudge } from '../../../../admin/dead-letters/rejudge.ts';
import { replayAll } from '../../../../admin/dead-letters/replay.ts';
import type { Replay } from '../../../../core/stores/kafka/dead-letters.ts';

const NOW = instant(Date.UTC(2026, 10, 22));
const rules = {
  generation: 1,
  logLife: 1,
  epochSeconds: 86_400,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 5,
  firstEpoch: 0,
  firstOffsets: [0, 0, 0, 0, 0],
};
const text = (detectedAt: number, id = 17): string =>
  `{"geographical_location_oid":1,"video_camera_oid":2,"detection_oid":${id},"item_name":"car","timestamp_detected":${detectedAt}}`;
const letter = (value: string | null, offset = 0): KeptLetter => ({
  partition: 0,
  offset,
  keptAt: 0,
  key: null,
  value: value === null ? null : Buffer.from(value),
  source: { topic: 'detections', partition: 4, offset: 9 },
  reason: 'wrong_type',
  detail: '',
});
const home = homeOf(oid(17), 5);

describe('a dead letter that is judged again', () => {
  it('goes to the home of its id once the parser reads it', () => {
    assert.deepEqual(rejudge(letter(text(NOW)), NOW, rules), { fate: 'detection', id: '17', home, isDeferred: false });
  });

  it('is deferred if it became too old meanwhile', () => {
    assert.deepEqual(rejudge(letter(text(NOW - 2 * DAY_MS - 1)), NOW, rules), {
      fate: 'detection',
      id: '17',
      home,
      isDeferred: true,
    });
  });

  it('fits by now if its time was too far ahead of its arrival', () => {
    const ahead = letter(text(NOW + 2 * DAY_MS));
    assert.equal(rejudge(ahead, NOW, rules).fate, 'dead_letter');
    assert.equal(rejudge(ahead, instant(NOW + DAY_MS), rules).fate, 'detection');
  });

  it('stays one if nothing was mended, and has the partition that it came from', () => {
    const judged = rejudge(letter(null), NOW, rules);
    assert.deepEqual(judged, {
      fate: 'dead_letter',
      deadLetter: { reason: 'tombstone', detail: 'the record has no value' },
      home: 4,
    });
  });
});

describe('a replay', () => {
  const letters = async function* () {
    yield [letter(text(Date.now()), 0), letter('poison', 1)];
    yield [letter(text(Date.now() - 5 * DAY_MS, 18), 2)];
  };
  const replaying = async (options: { dryRun: boolean; force: boolean }, tooLarge: readonly number[] = []) => {
    const sent: number[] = [];
    const told: number[] = [];
    const left: number[] = [];
    const log = {
      async replay(replays: readonly Replay[]) {
        const offsets = replays.map((each) => each.letter.offset);
        sent.push(...offsets.filter((offset) => !tooLarge.includes(offset)));
        return replays.filter((each) => tooLarge.includes(each.letter.offset));
      },
    };
    const summary = await replayAll(letters(), log, rules, {
      ...options,
      tell: (each) => void told.push(each.offset),
      tellTooLarge: (each) => void left.push(each.offset),
    });
    return { sent, told, left, summary };
  };

  it('publishes what parses now, and tells of every letter', async () => {
    const { sent, told, summary } = await replaying({ dryRun: false, force: false });
    assert.deepEqual(
      [sent, told],
      [
        [0, 2],
        [0, 1, 2],
      ],
    );
    assert.deepEqual(summary, { selected: 3, replayed: 2, deferred: 1, remaining: 1, forced: 0, tooLarge: 0 });
  });

  it('publishes nothing in a dry run, and says the same', async () => {
    const { sent, told, summary } = await replaying({ dryRun: true, force: false });
    assert.deepEqual([sent, told], [[], [0, 1, 2]]);
    assert.deepEqual(summary, { selected: 3, replayed: 2, deferred: 1, remaining: 1, forced: 0, tooLarge: 0 });
  });

  it('publishes everything when it is forced', async () => {
    const { sent, summary } = await replaying({ dryRun: false, force: true });
    assert.deepEqual(sent, [0, 1, 2]);
    assert.equal(summary.forced, 1);
  });

  it('goes on with the others where the topic does not take one, and says which it was', async () => {
    const { sent, left, summary } = await replaying({ dryRun: false, force: true }, [1, 2]);
    assert.deepEqual([sent, left], [[0], [1, 2]]);
    assert.deepEqual(summary, { selected: 3, replayed: 1, deferred: 0, remaining: 2, forced: 0, tooLarge: 2 });
  });
});
