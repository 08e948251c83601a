/**
 * The tables of Cassandra: their columns, how they are compacted, and how long their rows live
 * (docs/decisions/0022-cassandra.md has the reasons).
 *
 * core/stores/cassandra/schema.ts creates them. Keys and values of the views are the bytes of hbase.ts, so that each
 * byte has one owner; the salt in a row's key does nothing here.
 *
 *   first_met      id → met                              the first-met rows that generations share; first_met_<generation>
 *                                                        of those that have their own; timestamp = arrival
 *   speed_rows     generation, epoch, place_group | hour, partition      which rows speed_view has
 *   batch_rows     generation, place_group | hour, epoch                 which rows batch_view has
 *   speed_view, batch_view
 *                  row | level, name → value, up_to      row, level, name and value = row key, family, qualifier and
 *                                                        value of hbase.ts; timestamp = up_to
 *   speed_view     row → doubt                           static: true if a round in doubt wrote cells of the row;
 *                                                        timestamp = that of the latest cell beside it
 *   locations      shard | oid → name                    timestamp = version of the table
 *   facts          name → json                           control rows that somebody puts; timestamp as in control.ts
 *   agreed         name → json                           control rows on which processes agree; light-weight transactions
 *
 * place_group is −1 for all places. What stands before the bar is the partition key.
 */
import type { Group } from '../domain/hour-counts.ts';
import type { Oid } from '../domain/oid.ts';
import { murmur2 } from '../domain/home.ts';
import { DETECTION_FAMILY } from './hbase.ts';

export const LOCATION_SHARDS = 16;
const ALL_PLACES = -1;

export const placeGroup = (group: Group): number => (group === 'all' ? ALL_PLACES : group);

export const groupOfPlaces = (placeGroupNumber: number): Group =>
  placeGroupNumber === ALL_PLACES ? 'all' : placeGroupNumber;

export const locationShard = (oid: Oid): number => (murmur2(oid) >>> 8) & (LOCATION_SHARDS - 1);

/** The table of a set of first-met rows (first-met-sets.ts); sets are named as the families of hbase.ts. */
export function firstMetTable(set: string): string {
  const generation = set.slice(DETECTION_FAMILY.length);
  return generation === '' ? FIRST_MET : `${FIRST_MET}_${generation}`;
}

/** The set that a table holds; null if it is no table of first-met rows. */
export function setOfTable(table: string): string | null {
  const match = /^first_met(?:_(\d+))?$/.exec(table);
  return match ? `${DETECTION_FAMILY}${match[1] ?? ''}` : null;
}

const FIRST_MET = 'first_met';

export interface CqlTable {
  readonly name: string;
  readonly columns: string;
  readonly options: readonly string[];
}

/** A day: longer than hints are kept for a node that is away. No table needs its tombstones for longer. */
const GC_GRACE = 'gc_grace_seconds = 86400';
/**
 * Cassandra's default, said because counts rest on it: a cell that one replica alone has, since its writer died, is
 * given to a quorum before a worker reads that it includes an offset and skips it.
 */
const READ_REPAIR = "read_repair = 'BLOCKING'";
const UNIFIED = "compaction = {'class': 'UnifiedCompactionStrategy'}";
const UNIFIED_TABLE = [UNIFIED, GC_GRACE, READ_REPAIR];
/** Rows of a day expire together, so a whole file goes at once. Their timestamps are milliseconds. */
const BY_DAY =
  "compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', " +
  "'compaction_window_size': '1', 'timestamp_resolution': 'MILLISECONDS'}";

export function firstMetPlan(set: string, ttlSeconds: number): CqlTable {
  return {
    name: firstMetTable(set),
    columns: 'id bigint PRIMARY KEY, met blob',
    // A look-up asks every file: a filter that errs once in a thousand saves their reads.
    options: [BY_DAY, GC_GRACE, READ_REPAIR, 'bloom_filter_fp_chance = 0.001', `default_time_to_live = ${ttlSeconds}`],
  };
}

const VIEW_COLUMNS = 'row blob, level ascii, name blob, value blob, up_to bigint, PRIMARY KEY ((row), level, name)';

/** The mark of a row of the speed view that was written in doubt; null without doubt. */
export const DOUBT_COLUMN = 'doubt';

/** Columns that a table of an earlier program lacks. */
export const LATER_COLUMNS = [{ table: 'speed_view', name: DOUBT_COLUMN, type: 'boolean static' }] as const;

/** All tables but those of first-met rows. */
export const CQL_TABLES: readonly CqlTable[] = [
  {
    name: 'speed_rows',
    columns:
      'generation int, epoch int, place_group tinyint, hour int, partition int, up_to bigint, ' +
      'PRIMARY KEY ((generation, epoch, place_group), hour, partition)',
    options: UNIFIED_TABLE,
  },
  {
    name: 'batch_rows',
    columns:
      'generation int, place_group tinyint, hour int, epoch int, up_to bigint, ' +
      'PRIMARY KEY ((generation, place_group), hour, epoch)',
    options: UNIFIED_TABLE,
  },
  { name: 'speed_view', columns: `${DOUBT_COLUMN} boolean static, ${VIEW_COLUMNS}`, options: UNIFIED_TABLE },
  { name: 'batch_view', columns: VIEW_COLUMNS, options: UNIFIED_TABLE },
  {
    name: 'locations',
    columns: 'shard tinyint, oid bigint, name text, PRIMARY KEY ((shard), oid)',
    options: UNIFIED_TABLE,
  },
  { name: 'facts', columns: 'name text PRIMARY KEY, json text', options: UNIFIED_TABLE },
  { name: 'agreed', columns: 'name text PRIMARY KEY, json text', options: UNIFIED_TABLE },
];
