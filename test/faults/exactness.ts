/**
 * Whether everything that was published is counted once: set equality with the cameras' truth file, not sums alone.
 *
 * The ids of all first-met rows, read whole, are the distinct ids of the truth file; and the API's items,
 * places and minutes are theirs. It waits for the log to be read to its end first, strays that were sent home included.
 */
import assert from 'node:assert/strict';
import type { LocationsAnswer, TimelineAnswer, TopItemsAnswer } from '../../serving/answers.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';
import { hbaseOf } from '../../core/stores/room/hbase-store.ts';
import { isCassandra } from '../../core/stores/cassandra/store.ts';
import { firstMetTable } from '../../core/layout/cassandra.ts';
import { DETECTION_FAMILY, oidOfRow } from '../../core/layout/hbase.ts';
import type { Stores } from '../../core/stores/open.ts';
import { eventually } from '../support/main-job.ts';
import type { TruthLine } from '../support/truth.ts';
import { truthLines } from '../support/truth.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Ten minutes without HBase at 10,000 a second are six million records, on cores shared with all daemons. */
const DRAIN_LIMIT_MS = 900_000;

export type Ask = <T>(path: string) => Promise<T>;

export interface Counted {
  readonly records: number;
  readonly distinct: number;
}

/** Resolves once the progress of every partition is at the end that the log has now, or past it. */
export async function caughtUp(stores: Stores, limitMs = DRAIN_LIMIT_MS): Promise<void> {
  const ends = await eventually(
    'an answer of Kafka',
    () => stores.admin.ends(),
    () => true,
    limitMs,
  );
  const partitions = ends.map(({ partition }) => partition);
  const progress = () => stores.control.progress(stores.rules.generation, partitions);
  await eventually(
    'progress at the end of the log',
    progress,
    (all) => ends.every(({ high }, i) => (all[i]?.nextOffset ?? 0) >= high),
    limitMs,
  );
}

export async function exact(stores: Stores, ask: Ask, truthFile: string, since: number): Promise<Counted> {
  // Strays come home within the first wait, and are counted within the second.
  await caughtUp(stores);
  await caughtUp(stores);
  const { records, distinct } = await truth(truthFile);
  const ids = await idsMet(stores);
  const missing = [...distinct.keys()].filter((id) => !ids.has(id));
  const invented = [...ids].filter((id) => !distinct.has(id));
  assert.deepEqual(
    [missing.slice(0, 10), invented.slice(0, 10)],
    [[], []],
    `${missing.length} ids lost, ${invented.length} invented`,
  );

  const progress = await stores.control.progress(
    stores.rules.generation,
    (await stores.admin.ends()).map(({ partition }) => partition),
  );
  const tallies = progress.map((each) => each?.tallies ?? NO_TALLIES).reduce(addTallies, NO_TALLIES);
  assert.equal(tallies.new + tallies.deferred, distinct.size, 'first met');

  const window = `from=${since - DAY_MS}&to=${Date.now() + DAY_MS}`;
  const lines = [...distinct.values()];
  const top = await eventually(
    'an answer',
    () => ask<TopItemsAnswer>(`top-items?location=all&${window}&limit=1000`),
    ({ total }) => total >= distinct.size,
    120_000,
  );
  assert.equal(top.total, distinct.size);
  assert.deepEqual(
    new Map(top.items.map(({ item_name, count }) => [item_name, count])),
    sums(lines, ({ item }) => item),
  );
  const { locations } = await ask<LocationsAnswer>(`locations?${window}`);
  const counted = locations.filter(({ count }) => count > 0);
  assert.deepEqual(
    new Map(counted.map((place) => [place.geographical_location_oid, place.count])),
    sums(lines, ({ location }) => location),
  );
  const { points } = await ask<TimelineAnswer>(`timeline?location=all&${window}&step=60`);
  const minutes = sums(lines, ({ detectedAt }) => String(detectedAt - (detectedAt % MINUTE_MS)));
  assert.deepEqual(new Map(points.filter(({ count }) => count > 0).map(({ t, count }) => [String(t), count])), minutes);
  return { records, distinct: distinct.size };
}

type Seen = Pick<TruthLine, 'location' | 'item' | 'detectedAt'>;

/** A long form has millions of ids, so nothing of a line is kept but what is compared, and names once. */
async function truth(file: string): Promise<{ records: number; distinct: Map<string, Seen> }> {
  const distinct = new Map<string, Seen>();
  const names = new Map<string, string>();
  const once = (name: string): string => {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  };
  let records = 0;
  for await (const { kind, id, location, item, detectedAt } of truthLines(file)) {
    records++;
    if (kind.startsWith('poison') || distinct.has(id)) continue;
    distinct.set(ownText(id), { location: once(location), item: once(item), detectedAt });
  }
  return { records, distinct };
}

/** A part of a text keeps the whole text in memory; this one stands alone. */
function ownText(part: string): string {
  return Buffer.from(part, 'latin1').toString('latin1');
}

async function idsMet({ store }: Stores): Promise<Set<string>> {
  const ids = new Set<string>();
  if (isCassandra(store)) {
    const everything = { query: `SELECT id FROM ${store.keyspace}.${firstMetTable(DETECTION_FAMILY)}`, params: [] };
    for await (const rows of store.cassandra.pages(everything)) for (const { id } of rows) ids.add(String(id));
    return ids;
  }
  const everything = { start: Buffer.alloc(0), stop: Buffer.alloc(0), keysOnly: true, batchRows: 5_000 };
  for await (const rows of hbaseOf({ store }).scan('sightline:detections', everything))
    for (const cells of rows) ids.add(oidOfRow(cells[0]!.row));
  return ids;
}

function sums(lines: readonly Seen[], nameOf: (line: Seen) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(nameOf(line), (counts.get(nameOf(line)) ?? 0) + 1);
  return counts;
}
