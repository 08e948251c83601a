/** The context of a question: counts through the plan, rows by id, names of places, snapshots, a clock. */
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { HeldSince } from '../../core/stores/control/held-partitions.ts';
import type { RowStore } from '../../core/stores/room/row-store.ts';
import type { DetectionsStore } from '../../core/stores/tables/detections.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { CountResult } from './counts.ts';
import type { FindLeaving } from '../lake/leaving.ts';
import type { PlaceNames } from './location-names.ts';
import type { ClipWindow } from './clip-window.ts';
import type { Waiter } from '../bounds/shared-work.ts';
import type { CountQuestion } from './plan.ts';
import type { RunWatch } from '../snapshot/run-watch.ts';
import type { Snapshot, SnapshotReader } from '../snapshot/snapshot.ts';

export interface QuestionContext {
  readonly store: Pick<RowStore, 'name' | 'certainty'>;
  readonly count: (question: CountQuestion, asker?: Waiter) => Promise<CountResult>;
  readonly clipWindow: ClipWindow;
  readonly places: () => Promise<PlaceNames>;
  readonly snapshots: SnapshotReader;
  readonly isRunUnderWay: RunWatch;
  readonly heldPartitions: (snapshot: Snapshot) => Promise<HeldSince[]>;
  /** How far a timestamp of the broker may be ahead of a reader's clock. */
  readonly aheadMs: number;
  readonly speedView: Pick<SpeedView, 'read' | 'list'>;
  readonly batchView: Pick<BatchView, 'read' | 'list'>;
  readonly detections: Pick<DetectionsStore, 'find'>;
  readonly leaving: FindLeaving;
  readonly now: () => number;
}
