/** A Serving over a world in memory: control rows, log ends and names that a test sets, a clock that it moves. */
import type { Hdfs } from '../../../core/stores/hdfs/types.ts';
import type { Stores } from '../../../core/stores/open.ts';
import type { Gate } from '../../../serving/access/gate.ts';
import type { Serving } from '../../../serving/app/app.ts';
import type { Sighting, World } from './world.ts';
import { ALWAYS_SURE } from '../../../core/stores/room/certainty.ts';
import { homeOf } from '../../../core/domain/home.ts';
import { oid } from '../../../core/domain/oid.ts';
import { NO_TALLIES } from '../../../core/domain/tallies.ts';
import { instant } from '../../../core/domain/time.ts';
import type { Audit } from '../../../core/process/audit.ts';
import type { StampRecord } from '../../../core/stores/control/stamp-rows.ts';
import type { NewestForgetting } from '../../../core/stores/control/forgetting-row.ts';
import type { Horizon } from '../../../core/stores/control/horizon-row.ts';
import type { Lease } from '../../../core/stores/control/lease-rows.ts';
import type { Progress } from '../../../core/stores/control/progress-rows.ts';
import type { Reference } from '../../../core/stores/control/reference-row.ts';
import type { ServingParts } from '../../../serving/app/parts.ts';
import { NOT_SETTLED } from '../../../core/stores/control/stamp-rows.ts';
import { createLog } from '../../../core/process/log.ts';
import { createServing } from '../../../serving/app/app.ts';
import { servingMetrics } from '../../../serving/metrics.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';
import { OPEN_GATE } from '../../support/open-gate.ts';
import { NOW, RULES, worldOf } from './world.ts';

export interface Stage {
  now: number;
  all: Sighting[];
  world: World;
  horizon: Horizon | null;
  forgetting?: NewestForgetting | null;
  ends: number[];
  progress: Progress[];
  reference: Reference | null;
  /** Of the lake. */
  lease: Lease | null;
  names: Map<string, string>;
  graceSeconds: number;
  /** So many partitions the topic is being given. */
  growingTo?: number;
  /** By partition. */
  stamps?: StampRecord[];
  /** Thrown by whatever is asked next, by the name of the question. */
  faults: Partial<Record<'open' | 'ends' | 'control' | 'views' | 'detections', unknown>>;
  asked: Record<string, number>;
  gate: Gate;
  serving: Serving;
}

/** `bounds`: of what a question may cost and a caller may hold, and `lake`, where a test needs others. */
export function stageOf(
  all: Sighting[] = [],
  bounds: Partial<ServingParts['config']> = {},
  lake: Hdfs = hdfsDouble(),
  audit?: Audit,
): Stage {
  const stage = {
    now: NOW,
    all,
    world: worldOf(all, { horizon: null, prunedTo: -1 }),
    horizon: null,
    ends: [0, 0, 0],
    progress: [0, 1, 2].map((partition) => ({ partition, nextOffset: 0, arrival: instant(0), tallies: NO_TALLIES })),
    reference: null,
    lease: null,
    names: new Map(),
    graceSeconds: 600,
    faults: {},
    asked: {},
    gate: OPEN_GATE,
  } as unknown as Stage;
  stage.serving = createServing({
    config: {
      BROKER_AHEAD_SECONDS: 300,
      STORES: 'hbase',
      SIGHTLINE_ROOT: '/sightline',
      STREAM_CONNECTIONS: 3,
      STREAMS_PER_CALLER: 3,
      STREAM_POLL_MS: 20,
      EXPORTS_AT_ONCE: 2,
      EXPORTS_PER_CALLER: 2,
      METRICS_PORT: 0,
      METRICS_TOP_ITEMS: 0,
      METRICS_TOP_LOCATIONS: 0,
      COUNT_CACHE_MB: 16,
      WEBHDFS_URL: 'http://127.0.0.1:9870',
      QUESTION_SECONDS: 7,
      QUESTION_MB: 256,
      READS_AT_ONCE: 32,
      READS_WAITING: 512,
      LOOKUP_SECONDS: 30,
      LOOKUP_MB: 2_048,
      LOOKUPS_AT_ONCE: 2,
      LOOKUPS_WAITING: 32,
      FOOTAGE_READS_AT_ONCE: 4,
      FOOTAGE_READS_WAITING: 8,
      ...bounds,
    },
    open: async () => {
      count(stage, 'open');
      return storesOf(stage);
    },
    hdfs: lake,
    metrics: servingMetrics(),
    log: createLog('test', 'silent'),
    now: () => stage.now,
    gate: {
      identify: (request) => stage.gate.identify(request),
      admit: (request) => stage.gate.admit(request),
      keyOf: (caller, request) => stage.gate.keyOf(caller, request),
      isKnown: (request) => stage.gate.isKnown(request),
    },
    ...(audit ? { audit } : {}),
    snapshotFreshForMs: 250,
  });
  return stage;
}

function count(stage: Stage, question: string, fault = question): void {
  stage.asked[question] = (stage.asked[question] ?? 0) + 1;
  const thrown = stage.faults[fault as 'open'];
  if (thrown !== undefined) throw thrown;
}

function storesOf(stage: Stage): Stores {
  const stores: Pick<Stores, 'rules' | 'close'> & Record<string, unknown> = {
    rules: { ...RULES, topicId: '0'.repeat(32) },
    store: { name: 'HBase', certainty: ALWAYS_SURE, ping: async () => count(stage, 'ping', 'control') },
    admin: {
      async newestEnds() {
        count(stage, 'ends');
        return stage.ends;
      },
    },
    control: {
      rules: async () => ({ ...RULES, topicId: '0'.repeat(32) }),
      async horizon() {
        count(stage, 'horizon', 'control');
        return stage.horizon && { ...stage.horizon, graceMs: stage.graceSeconds * 1_000 };
      },
      forgetting: async () => stage.forgetting ?? null,
      async progress(_: number, partitions: readonly number[]) {
        count(stage, 'progress', 'control');
        return partitions.map((partition) => stage.progress[partition] ?? null);
      },
      growth: async () => ({ change: 0, settled: -1, growths: [], growingTo: stage.growingTo ?? null }),
      stamps: async (_: number, partitions: readonly number[]) =>
        partitions.map((partition) => stage.stamps?.[partition] ?? NOT_SETTLED),
      reference: async () => stage.reference,
      lease: async () => stage.lease,
    },
    locations: { all: async () => [...stage.names].map(([place, name]) => ({ oid: oid(place), name })) },
    speedView: viewOf(stage, 'speedView'),
    batchView: viewOf(stage, 'batchView'),
    detections: {
      async find(ids: string[]) {
        count(stage, 'find', 'detections');
        return ids.map((id) => foundIn(stage, id));
      },
    },
    close: async () => undefined,
  };
  return stores as unknown as Stores;
}

function viewOf(stage: Stage, view: 'speedView' | 'batchView') {
  return {
    read: (...asked: never[]) => {
      count(stage, view, 'views');
      return (stage.world[view].read as (...all: never[]) => unknown)(...asked);
    },
    [view === 'speedView' ? 'changed' : 'published']: (...asked: never[]) => {
      count(stage, view, 'views');
      const own = stage.world[view] as unknown as Record<string, (...all: never[]) => unknown>;
      return own[view === 'speedView' ? 'changed' : 'published']!(...asked);
    },
    list: (...asked: never[]) => {
      count(stage, 'list', 'views');
      return (stage.world[view].list as (...all: never[]) => unknown)(...asked);
    },
    firstHour: (...asked: never[]) => {
      count(stage, 'firstHour', 'views');
      return (stage.world[view].firstHour as (...all: never[]) => unknown)(...asked);
    },
  };
}

function foundIn(stage: Stage, id: string) {
  const one = stage.all.find((sighting) => sighting.id === id);
  if (!one) return { status: 'absent' };
  const partition = homeOf(one.id, RULES.partitionCount);
  const detection = { ...one, camera: oid(3021), detectedAt: instant(one.detectedAt) };
  return { status: 'found', row: { logLife: 1, partition, offset: 7, arrival: instant(one.arrival), detection } };
}
