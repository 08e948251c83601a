/**
 * A batch layer whose every store is in memory: real steps, real SQL, real Parquet, no daemon.
 *
 * `world` is what outlives a process: the log, HDFS, HBase's control rows and views, and a clock. `contextOf` makes the
 * context of one process over it, with a hook that may throw at any point, as a crash would.
 */
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Location, LogRecord } from '../../core/domain/detection.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { BatchRowWrite } from '../../core/stores/views/batch-view.ts';
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { StampRecord } from '../../core/stores/control/stamp-rows.ts';
import type { CountRow } from '../../core/stores/views/count-view.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { BatchContext } from '../../batch-layer/context.ts';
import type { TopicFacts } from '../../core/stores/kafka/types.ts';
import type { HdfsDouble } from './hdfs-double.ts';
import type { CutTallies, Progress } from '../../core/stores/control/progress-rows.ts';
import type { ForgottenRecord } from '../../core/stores/forgotten/forgotten-rows.ts';
import type { GrowthRecord } from '../../core/stores/control/growth-rows.ts';
import type { NewestForgetting } from '../../core/stores/control/forgetting-row.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import type { Lease } from '../../core/stores/control/lease-rows.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { SOUND_TOPIC } from './topic-facts.ts';
import { groupOf, hourCellKey, hourRowKey } from '../../core/domain/hour-counts.ts';
import { TICK_HEADER } from '../../core/domain/verdict.ts';
import { detectionFamily } from '../../core/layout/hbase.ts';
import { createLog } from '../../core/process/log.ts';
import { fixedJson } from '../../core/stores/rows/json-rows.ts';
import { NOT_SETTLED } from '../../core/stores/control/stamp-rows.ts';
import { batchMetrics } from '../../batch-layer/metrics.ts';
import { SILENT } from '../../batch-layer/progress-line.ts';
import { hdfsDouble } from './hdfs-double.ts';
import { publishedIn, recountIn } from './recount-double.ts';

export interface World {
  rules: RecordedRules;
  readonly log: LogRecord[][];
  readonly hdfs: HdfsDouble;
  readonly locations: Location[];
  /** `row cell minute` to count. */
  readonly batchCells: Map<string, number>;
  readonly listed: Set<string>;
  readonly rows: Map<string, FirstMet>;
  speedRows: CountRow[];
  /** What the lists of the speed view hold. */
  readonly speedListed?: PlacedDetection[];
  progress: (Progress | null)[];
  /** By partition and cut. */
  readonly cutTallies?: Map<string, CutTallies>;
  growth?: GrowthRecord;
  /** By partition. */
  readonly stamps?: Map<number, StampRecord>;
  /** What is otherwise with the topic than it should be. */
  topic?: Partial<TopicFacts>;
  horizon: Horizon | null;
  forgetting?: NewestForgetting | null;
  lease: Lease | null;
  /** Stamp of the ticks that are appended. */
  tickStamp: number;
  readonly pruned: Epoch[];
  /** Rows in HBase of generations before this one. */
  readonly oldRows: Map<number, number>;
  /** Families of first-met rows in HBase. */
  readonly families?: Set<string>;
  /** `generation epoch` of those whose first-met rows a rebuild has written. */
  readonly firstMetWritten?: Set<string>;
}

export function worldOf(rules: RecordedRules): World {
  const partitions = Array.from({ length: rules.partitionCount }, (_, partition) => partition);
  return {
    rules,
    log: partitions.map(() => []),
    hdfs: hdfsDouble(),
    locations: [],
    batchCells: new Map(),
    listed: new Set(),
    rows: new Map(),
    speedRows: [],
    speedListed: [],
    progress: partitions.map(() => null),
    cutTallies: new Map(),
    stamps: new Map(),
    horizon: null,
    lease: null,
    tickStamp: 0,
    pruned: [],
    oldRows: new Map(),
    families: new Set(['d']),
    firstMetWritten: new Set(),
  };
}

export function append(
  world: World,
  partition: number,
  record: { stamp: number; value: string | null; headers?: LogRecord['headers'] },
): LogRecord {
  const log = world.log[partition]!;
  const { stamp, value, headers = [] } = record;
  const made = {
    partition,
    offset: log.length,
    stamp,
    key: null,
    value: value === null ? null : Buffer.from(value),
    headers,
  };
  log.push(made);
  return made;
}

export function contextOf(
  world: World,
  workFolder: string,
  options: { mayCrashAt?: BatchContext['mayCrashAt']; signal?: AbortSignal; speedWaitMs?: number } = {},
): BatchContext {
  const { rules, hdfs } = world;
  return {
    settings: {
      workFolder: join(workFolder, 'work'),
      memoryMb: 256,
      threads: 1,
      speedWaitMs: options.speedWaitMs ?? 0,
      pruneGraceMs: 0,
      archiveEveryMs: 3_600_000,
      retention: { days: 0, rawDays: 0 },
      brokerAheadMs: 300_000,
    },
    rules,
    hdfs,
    control: controlDouble(world),
    ...logDoubles(world),
    ...viewDoubles(world),
    oldGenerations: oldGenerationsDouble(world),
    firstMetSets: setsDouble(world),
    forgottenRows: forgottenDouble(world),
    lakeTable: { rootUrl: async () => 'hdfs://lake' },
    log: createLog('test', 'silent'),
    progressLine: SILENT,
    metrics: batchMetrics(new Registry()),
    signal: options.signal ?? new AbortController().signal,
    mayCrashAt: options.mayCrashAt ?? (() => undefined),
  };
}

export function controlDouble(
  world: Pick<
    World,
    'rules' | 'growth' | 'stamps' | 'horizon' | 'forgetting' | 'lease' | 'progress' | 'cutTallies' | 'firstMetWritten'
  >,
): ControlStore {
  const stamps = world.stamps ?? new Map<number, StampRecord>();
  const moved = <T>(now: T, from: T): boolean => fixedJson(now) === fixedJson(from);
  return {
    rules: async () => world.rules,
    recordRules: async () => world.rules,
    rebuilding: async () => null,
    recordRebuild: async (rules) => rules,
    moveRebuild: async () => true,
    firstMetWritten: async (generation, epochs) =>
      epochs.map((epoch) => world.firstMetWritten?.has(`${generation} ${epoch}`) === true),
    putFirstMetWritten: async (generation, epoch) => void world.firstMetWritten?.add(`${generation} ${epoch}`),
    async switchRules(from, to) {
      if (!moved(world.rules, from)) return false;
      world.rules = to;
      return true;
    },
    async retireRules(from) {
      if (!moved(world.rules, from)) return false;
      world.rules = { ...from, generation: from.generation + 1, moving: 'away' };
      return true;
    },
    growth: async () => world.growth ?? { change: 0, settled: -1, growths: world.rules.growths ?? [], growingTo: null },
    async moveGrowth(_, from, to) {
      world.growth = { ...to, change: from.change + 1 };
      return true;
    },
    stamps: async (_, partitions) => partitions.map((partition) => stamps.get(partition) ?? NOT_SETTLED),
    async moveStamps(_, partition, from, to) {
      if (!moved(stamps.get(partition) ?? NOT_SETTLED, from)) return false;
      stamps.set(partition, { ...to, change: from.change + 1 });
      return true;
    },
    readUpTo: async (_, __, partitions) => partitions.map(() => false),
    putReadUpTo: async () => undefined,
    progress: async (_, partitions) => partitions.map((partition) => world.progress[partition] ?? null),
    putProgress: async () => undefined,
    announceDoubt: async () => undefined,
    cutTallies: async (_, cuts) =>
      cuts.map(({ partition, cut }) => world.cutTallies?.get(`${partition}/${cut}`) ?? null),
    horizon: async () => world.horizon,
    async moveHorizon(_, from, to) {
      if (!moved(world.horizon, from)) return false;
      world.horizon = to;
      return true;
    },
    forgetting: async () => world.forgetting ?? null,
    async moveForgetting(_, from, to) {
      if (!moved(world.forgetting ?? null, from)) return false;
      world.forgetting = to;
      return true;
    },
    reference: async () => ({ version: 1, locations: 1, loadedAt: 0 as Instant }),
    moveReference: async () => true,
    lease: async () => world.lease,
    async moveLease(_, from, to) {
      if (!moved(world.lease, from)) return false;
      world.lease = to;
      return true;
    },
  };
}

function logDoubles(world: World): Pick<BatchContext, 'admin' | 'reader' | 'producer'> {
  return {
    admin: {
      topic: 'detections',
      ensureTopics: async () => 'existed',
      facts: async () => ({
        ...SOUND_TOPIC,
        topicId: world.rules.topicId,
        partitionCount: world.log.length,
        ...world.topic,
      }),
      configure: async () => undefined,
      grow: async () => undefined,
      ends: async () => world.log.map((log, partition) => ({ partition, low: 0, high: log.length })),
      newestEnds: async () => world.log.map((log) => log.length),
      holdsBefore: async () => true,
      close: async () => undefined,
    },
    reader: {
      async *read(partition, from) {
        const log = world.log[partition]!;
        for (let at = from; at < log.length; at += 3) {
          yield { records: log.slice(at, at + 3), next: Math.min(at + 3, log.length), atEnd: at + 3 >= log.length };
        }
      },
      close: async () => undefined,
    },
    producer: {
      async forward(strays) {
        for (const { record, home } of strays) {
          append(world, home, {
            stamp: world.tickStamp,
            value: record.value?.toString() ?? null,
            headers: [['sightline.stray', Buffer.from('x')]],
          });
        }
      },
      deadLetter: async () => undefined,
      async tick(partitions) {
        for (const partition of partitions) {
          append(world, partition, { stamp: world.tickStamp, value: null, headers: [[TICK_HEADER, Buffer.from('1')]] });
        }
      },
      close: async () => undefined,
    },
  };
}

function viewDoubles(world: World): Pick<BatchContext, 'detections' | 'locations' | 'speedView' | 'batchView'> {
  return {
    detections: {
      find: async (ids) =>
        ids.map((id) => (world.rows.has(id) ? { status: 'found', row: world.rows.get(id)! } : { status: 'absent' })),
      put: async (rows) => rows.forEach((row) => void world.rows.set(row.detection.id, row)),
    },
    locations: { all: async () => world.locations, put: async () => undefined },
    speedView: {
      load: async () => [],
      put: async () => undefined,
      read: async () => [],
      list: async ({ scope }) =>
        (world.speedListed ?? []).filter(({ location }) => scope === 'all' || location === scope),
      changed: async () => [],
      firstHour: async () => null,
      eachPlaceOf: async (e, _, take) => take(world.speedRows.filter(({ epoch }) => epoch === e)),
      prune: async (upTo) => world.pruned.push(upTo),
    },
    batchView: {
      put: async (writes) => writes.forEach((write) => putBatch(world, write)),
      read: async () => [],
      published: async (reading) => publishedIn(world.batchCells, reading),
      firstHour: async () => null,
      list: async () => [],
    },
  };
}

function oldGenerationsDouble({ oldRows }: World): BatchContext['oldGenerations'] {
  const below = (before: number): [number, number][] => [...oldRows].filter(([generation]) => generation < before);
  return {
    rows: async (before) => new Map(below(before)),
    async drop(before) {
      const old = below(before);
      for (const [generation] of old) oldRows.delete(generation);
      return old.reduce((sum, [, rows]) => sum + rows, 0);
    },
  };
}

function forgottenDouble(world: World): BatchContext['forgottenRows'] {
  const rowOf = ({ id, partition, offset }: ForgottenRecord): FirstMet | null => {
    const row = world.rows.get(id);
    return row && row.partition === partition && row.offset === offset ? row : null;
  };
  return {
    async blank(records) {
      for (const row of records.map(rowOf).filter((one) => one !== null))
        world.rows.set(row.detection.id, { ...row, detection: { ...row.detection, item: '' } });
    },
    drop: async (records) =>
      records.filter((one) => rowOf(one) !== null).forEach(({ id }) => void world.rows.delete(id)),
    async unlist(entries) {
      for (const { id, location, detectedAt, epoch } of entries) {
        const hour = Math.floor(detectedAt / 3_600_000);
        world.listed.delete(`${hourRowKey({ group: groupOf(location), hour, epoch })} ${detectedAt} ${id}`);
      }
    },
    recount: async (rows) => rows.forEach((row) => void recountIn(world.batchCells, row)),
  };
}

function setsDouble({ families = new Set() }: World): BatchContext['firstMetSets'] {
  return {
    ensure: async (rules) => void families.add(detectionFamily(rules)),
    async unneeded(living) {
      const needed = new Set(living.map(detectionFamily));
      return [...families].filter((family) => !needed.has(family));
    },
    drop: async (gone) => gone.forEach((family) => families.delete(family)),
    life: async (rules) => ({
      where: detectionFamily(rules),
      isThere: families.has(detectionFamily(rules)),
      ttlSeconds: undefined,
    }),
  };
}

function putBatch(world: World, { name, cells, listed }: BatchRowWrite): void {
  for (const cell of cells) {
    const key = `${hourRowKey(name)} ${hourCellKey(cell)}`;
    for (let at = 0; at < cell.minutes.length; at += 2)
      world.batchCells.set(`${key} ${cell.minutes[at]}`, cell.minutes[at + 1]!);
  }
  for (const { id, detectedAt } of listed.flatMap(({ entries }) => entries))
    world.listed.add(`${hourRowKey(name)} ${detectedAt} ${id}`);
}
