/** What a question is answered with: counts through the plan, rows by id, the names of places, a clock. */
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { HeldSince } from '../../core/stores/control/held-partitions.ts';
import type { DetectionsStore } from '../../core/stores/tables/detections.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { Counted } from './counts.ts';
import type { PlaceNames } from './location-names.ts';
import type { SearchedPart } from './clip-window.ts';
import type { Waiting } from '../bounds/shared-work.ts';
import type { CountQuestion } from './plan.ts';
import type { RunWatch } from '../snapshot/run-watch.ts';
import type { Snapshot, SnapshotReader } from '../snapshot/snapshot.ts';

export interface Asking {
  readonly count: (question: CountQuestion, asker?: Waiting) => Promise<Counted>;
  readonly searched: SearchedPart;
  readonly places: () => Promise<PlaceNames>;
  readonly snapshots: SnapshotReader;
  readonly runUnderWay: RunWatch;
  readonly held: (snapshot: Snapshot) => Promise<HeldSince[]>;
  /** How far a stamp may be ahead of a reader's clock. */
  readonly aheadMs: number;
  readonly speedView: Pick<SpeedView, 'read' | 'list'>;
  readonly batchView: Pick<BatchView, 'read' | 'list'>;
  readonly detections: Pick<DetectionsStore, 'find'>;
  readonly now: () => number;
}
