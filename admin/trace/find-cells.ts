/**
 * Looks up the cells that count a detection: its item at its place, its item, its place, everything, and the list.
 *
 * trace.ts asks for each record that counts. Each look is one hour of one epoch, narrowed to the minute, so it costs
 * the same whatever the views hold.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { CountRow } from '../../core/stores/views/count-view.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { TracedCell } from './model.ts';
import { hourOf, HOUR_MS, minuteOf } from '../../core/domain/time.ts';

export interface Views {
  readonly speedView: Pick<SpeedView, 'read' | 'list'>;
  readonly batchView: Pick<BatchView, 'read' | 'list'>;
}

type Met = Pick<FirstMet, 'partition' | 'detection'>;

const LOOKS = [
  { cell: 'place_item', ofPlace: true, level: 'minute_item' },
  { cell: 'item', ofPlace: false, level: 'minute_item' },
  { cell: 'place', ofPlace: true, level: 'minute' },
  { cell: 'total', ofPlace: false, level: 'minute' },
] as const;

/** Of the speed view, and of the batch view where the epoch is published. */
export async function findCells(
  { speedView, batchView }: Views,
  met: Met,
  epoch: Epoch,
  isPublished: boolean,
): Promise<TracedCell[]> {
  const { detection } = met;
  const hour = hourOf(detection.detectedAt);
  const hours = { from: hour, to: hour };
  const minute = minuteOf(detection.detectedAt);
  const minutes = { from: minute, to: minute + 1 };
  const of = { hour: new Date(hour * HOUR_MS).toISOString(), minute };
  const found: TracedCell[] = [];
  for (const { cell, ofPlace, level } of LOOKS) {
    const scope: Scope = ofPlace ? detection.location : 'all';
    const subject = level === 'minute_item' ? detection.item : '';
    const speed = await speedView.read({ scope, epochs: [epoch], hours, levels: [level], minutes });
    found.push(
      ...cellsOf(
        'speed',
        speed.filter(({ partition }) => partition === met.partition),
      ),
    );
    if (isPublished) {
      const batch = await batchView.read({ scope, horizon: epoch, hours, levels: [level], minutes });
      found.push(
        ...cellsOf(
          'batch',
          batch.filter((row) => row.epoch === epoch),
        ),
      );
    }
    function cellsOf(view: TracedCell['view'], rows: readonly CountRow[]): TracedCell[] {
      return rows
        .flatMap(({ cells }) => cells)
        .filter((one) => one.subject === subject)
        .map(({ count, upTo }) => ({ view, cell, ...of, count, up_to: upTo }));
    }
  }
  const bounds = { notBefore: detection.detectedAt };
  const listed = (ids: readonly { id: string }[]): number => (ids.some(({ id }) => id === detection.id) ? 1 : 0);
  const inSpeed = listed(await speedView.list({ scope: detection.location, epochs: [epoch], hours, bounds }));
  if (inSpeed > 0) found.push({ view: 'speed', cell: 'listed', ...of, count: inSpeed, up_to: null });
  if (!isPublished) return found;
  const inBatch = listed(await batchView.list({ scope: detection.location, horizon: epoch, hours, bounds }));
  return inBatch > 0 ? [...found, { view: 'batch', cell: 'listed', ...of, count: inBatch, up_to: null }] : found;
}
