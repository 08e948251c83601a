/**
 * One detection by its id: its first-met row with the name of its place; with a date, also the lake's row of that day.
 *
 * The Parquet keeps the name that the place had then. An answer shows the name that dataset B has now, and the old name
 * only if B has lost it.
 */
import type { FindInLake } from '../lake/lake-lookup.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { DetectionAnswer } from '../answers.ts';
import type { Allowance } from '../bounds/allowance.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import { isForgotten } from '../../core/layout/hbase.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { Retryable } from '../../core/process/errors.ts';
import { dateOf } from '../../core/domain/time.ts';
import { joinLocation, joinLakeRow } from './join.ts';

export async function detection(
  { id, date }: { id: Oid; date: string | undefined },
  context: QuestionContext,
  findInLake: FindInLake,
  limits?: Allowance,
): Promise<DetectionAnswer | null> {
  const [row] = requireAnswers('detections', await context.detections.find([id], limits));
  const { rules, forgetting } = await context.snapshots.current();
  const isLeaving = await context.leaving(forgetting);
  const places = await context.places();
  // An id can come again after W, and the store of rows then has the later row; a date asks for the detection of
  // that day.
  if (row && isLeaving?.(row.detection)) return null;
  if (row && !isForgotten(row) && (date === undefined || dateOf(row.detection.detectedAt) === date)) {
    return {
      ...joinLocation(row, places, rules),
      found_in: context.store.name === 'Cassandra' ? 'cassandra' : 'hbase',
    };
  }
  if (!row && context.store.certainty.isWeak())
    throw new Retryable(
      context.store.name,
      `One replica of ${context.store.name} does not have detection ${id}, and a quorum of them is ` +
        'away: another one may have it. Try again later',
    );
  const lakeRow = date === undefined ? null : await findInLake(id, date, limits);
  if (!lakeRow) return null;
  return { ...joinLakeRow(lakeRow, places, rules), found_in: 'lake' };
}
