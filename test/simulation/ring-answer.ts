/** Somebody who asks the ring: the real snapshot and doubts of serving, held to what the log says. */
import assert from 'node:assert/strict';
import type { LogRecord } from '../../core/domain/detection.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { Names } from '../../serving/cache/names.ts';
import { LiveSheet } from '../../serving/cache/sheet.ts';
import { viewOf } from '../../serving/counts/counts.ts';
import type { SheetsOfPlan } from '../../serving/counts/merge.ts';
import { doubtOfRead } from '../../serving/counts/provisional.ts';
import { snapshotReader } from '../../serving/snapshot/snapshot.ts';
import type { MarkedView } from './marked-view.ts';
import type { Scene } from './ring-scene.ts';
import { EPOCH, PARTITIONS, portsOf, RULES, START_MS } from './ring-scene.ts';

/**
 * Asks as a process of serving that has just begun, and holds the answer to the truth. Returns how many minutes
 * were wrong.
 */
export async function answer({ ring, log, told }: Scene, isLast = false): Promise<number> {
  const client = ring.client();
  const { control, view } = portsOf(client);
  const now = START_MS + HOUR_MS;
  const snapshots = snapshotReader(
    {
      control: { ...control, horizon: async () => null, forgetting: async () => null },
      admin: { newestEnds: async () => log.map(({ length }) => length) },
      rules: RULES,
      store: { name: 'Cassandra', certainty: client.certainty },
    },
    { now: () => now, freshForMs: 0 },
  );
  const snapshot = await snapshots.current();
  const counted = await minutesIn(view);
  const { provisional, in_doubt: doubt } = viewOf(
    snapshot,
    { version: null, nameOf: new Map() } as unknown as Parameters<typeof viewOf>[1],
    now,
    { window: { from: 0, to: Number.MAX_SAFE_INTEGER }, doubted: doubtOfRead(readOf(view)) },
  );
  told.answers++;
  if (provisional) told.provisional++;
  const least = truthOf(log, (partition) => snapshot.progress[partition]!.nextOffset);
  const most = truthOf(log, (partition) => log[partition]!.length);
  let wrong = 0;
  for (const minute of new Set([...counted.keys(), ...most.keys()])) {
    const said = counted.get(minute) ?? 0;
    const [from, to] = [least.get(minute) ?? 0, most.get(minute) ?? 0];
    if (said >= from && said <= to) continue;
    wrong++;
    const isDoubtful = doubt !== undefined && minute + MINUTE_MS > doubt.from && minute < doubt.to;
    assert.ok(
      isDoubtful,
      `minute ${minute} has ${said} instead of ${from} to ${to}, and was not announced as doubtful`,
    );
  }
  if (isLast) assert.equal(client.certainty.weakAnswers(), 0);
  return wrong;
}

/** Marked rows as a question that has read them. */
function readOf({ doubtfulHours }: MarkedView): SheetsOfPlan {
  const sheets = [...doubtfulHours].map((hour) => {
    const sheet = new LiveSheet({ hour, epoch: EPOCH });
    sheet.take({ hour, epoch: EPOCH, partition: 0, cells: [], isDoubtful: true }, 'minute', new Names());
    return sheet;
  });
  const hours = { from: Math.min(...doubtfulHours), to: Math.max(...doubtfulHours) };
  return { names: [], parts: [{ read: { view: 'speed', level: 'minute', hours }, sheets }] };
}

async function minutesIn(view: MarkedView): Promise<Map<number, number>> {
  const minutes = new Map<number, number>();
  const hour = START_MS / HOUR_MS;
  const names = [0, 1, 2, 3].map((more) => ({ group: 'all' as const, epoch: EPOCH, hour: hour + more }));
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const rows = requireAnswers('speed_view', await view.load(names, partition));
    rows.forEach((cells, at) => {
      for (const { kind, minutes: counts } of cells ?? []) {
        if (kind !== 'total') continue;
        for (let i = 0; i < counts.length; i += 2) {
          const minute = names[at]!.hour * HOUR_MS + counts[i]! * MINUTE_MS;
          minutes.set(minute, (minutes.get(minute) ?? 0) + counts[i + 1]!);
        }
      }
    });
  }
  return minutes;
}

/** New detections by minute, of the records before these offsets. */
function truthOf(log: readonly (readonly LogRecord[])[], before: (partition: number) => number): Map<number, number> {
  const minutes = new Map<number, number>();
  log.forEach((records, partition) => {
    const seen = new Set<string>();
    for (const { value } of records.slice(0, before(partition))) {
      const [, id, at] = /"detection_oid":(\d+).*"timestamp_detected":(\d+)/.exec(value!.toString())!;
      if (seen.has(id!)) continue;
      seen.add(id!);
      const minute = Number(at) - (Number(at) % MINUTE_MS);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    }
  });
  return minutes;
}
