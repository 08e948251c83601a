/** What the tests of stores of rows share: a store with tables of its own, and rows to write into it. */
import { randomBytes } from 'node:crypto';
import { epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { HourCell } from '../../core/domain/hour-counts.ts';
import { groupOf } from '../../core/domain/hour-counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { HOUR_MS, instant, SECOND_MS } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import type { TopicFacts } from '../../core/stores/kafka/types.ts';
import { openRowStore } from '../../core/stores/open.ts';
import { setPlans } from '../../core/stores/tables/first-met-sets.ts';
import type { SpeedRowWrite } from '../../core/stores/views/speed-view.ts';
import { dropTables } from './store-tables.ts';
import { SOUND_TOPIC } from './topic-facts.ts';

export const config = readConfig({
  ...process.env,
  HBASE_NAMESPACE: `rows_${randomBytes(4).toString('hex')}`,
  HBASE_REGIONS: '1',
});
export const store = openRowStore(config);
export const DAY_MS = 86_400_000;
export const FACTS: TopicFacts = {
  ...{ ...SOUND_TOPIC, topicId: 'a', partitionCount: 3, isLogAppendTime: true },
  ...{ retentionMs: 7 * DAY_MS, segmentMs: DAY_MS, deletionDelayMs: 60_000 },
};
export const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 3 },
  ...{ firstEpoch: 0, firstOffsets: [0, 0, 0] },
};
export const HOUR = 498_735;
export const facts = { facts: async () => FACTS };
/** A generation of its own for each test. */
let generations = 1;
export const fresh = (): Rules => ({ ...RULES, generation: ++generations });

export const makeTables = (): Promise<void> => store.ensureTables(setPlans([RULES], FACTS));

export async function dropStore(): Promise<void> {
  await store.close();
  await dropTables(config);
}

export const at = (second: number, ms = 0) => instant(HOUR * HOUR_MS + second * SECOND_MS + ms);

export function met(id: string, changed: Partial<FirstMet> = {}): FirstMet {
  const detection = { id: oid(id), location: oid(7), camera: oid(5), item: 'bicycle', detectedAt: at(1) };
  return { logLife: 1, partition: 1, offset: 9, arrival: at(2), detection, ...changed };
}

export const PLACE = oid(7);
export const OTHER = [...Array(1_000).keys()].map((i) => oid(i + 100)).find((id) => groupOf(id) === groupOf(PLACE))!;

export const itemOf = (location: Oid, item: string, minutes: number[], upTo: number): HourCell => ({
  ...{ kind: 'place_item', location, item, minutes, upTo },
});
export const placeOf = (location: Oid, minutes: number[], upTo: number): HourCell => ({
  ...{ kind: 'place', location, item: '', minutes, upTo },
});

/** The two rows of PLACE's group and of all places. */
export function writesOf(e: number, partition: number, cells: readonly HourCell[], hour = HOUR): SpeedRowWrite[] {
  const name = { epoch: epoch(e), hour };
  return [
    {
      ...{ name: { ...name, group: groupOf(PLACE) }, partition, listed: [] },
      cells: cells.filter(({ kind }) => kind === 'place_item'),
    },
    {
      ...{ name: { ...name, group: 'all' as const }, partition, listed: [] },
      cells: cells.filter(({ kind }) => kind !== 'place_item'),
    },
  ].filter(({ cells: own }) => own.length > 0);
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
export const sorted = <T>(things: readonly T[]): T[] => [...things].sort(byText);
