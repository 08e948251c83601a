/** What the simulations of the ring share: the log, the nodes, the rules, and ports as a process opens them. */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { withRecentRows } from '../../core/stores/cassandra/recent-rows.ts';
import { controlOf } from '../../core/stores/control/control.ts';
import { jsonCells } from '../../core/stores/rows/json-cells.ts';
import { detectionsStore } from '../../core/stores/tables/detections.ts';
import type { CrashPoint } from '../../speed-layer/round-ports.ts';
import { markedView } from './marked-view.ts';
import type { Dice } from './random.ts';
import type { RingClient, SimulatedRing } from './ring.ts';

export const PARTITIONS = 2;
export const START_MS = Date.UTC(2026, 10, 20, 12);
export const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1 },
  ...{ partitionCount: PARTITIONS, firstEpoch: START_MS / 86_400_000 - 0.5, firstOffsets: [0, 0] },
};
export const EPOCH = RULES.firstEpoch as Epoch;
export const NAMESPACE = 'sim';

export interface Scene {
  readonly random: Dice;
  readonly ring: SimulatedRing;
  /** How often a step of a round is the worker's last. */
  readonly crashes: number;
  /** Called with each step of a round. */
  readonly reached?: (point: CrashPoint) => void;
  readonly log: LogRecord[][];
  readonly told: { answers: number; provisional: number; crashes: number; rereadings: number };
}

export const portsOf = ({ rows, facts }: RingClient) => {
  const cells = jsonCells(facts, `${NAMESPACE}:control`);
  return {
    control: controlOf(cells, cells, { mayDoubt: true }),
    detections: withRecentRows(detectionsStore(rows, NAMESPACE, RULES), 2),
    view: markedView(rows, NAMESPACE, RULES),
  };
};
