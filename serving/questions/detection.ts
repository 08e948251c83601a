/**
 * One detection by its id: the row of who first met it, joined; with a date, what the lake has of that day.
 *
 * The Parquet keeps a place's name as it stood; an answer shows the name that dataset B has now, and the old one only
 * where B has lost it.
 */
import type { FindInLake } from '../lake/lake-row.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { DetectionAnswer } from '../answers.ts';
import type { Allowance } from '../bounds/allowance.ts';
import type { Asking } from '../counts/question-context.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { dateOf } from '../../core/domain/time.ts';
import { joined, joinedOfLake } from './join.ts';

export async function detection(
  id: Oid,
  date: string | undefined,
  asking: Asking,
  findInLake: FindInLake,
  limits?: Allowance,
): Promise<DetectionAnswer | null> {
  const [row] = requireAnswers('detections', await asking.detections.find([id], limits));
  const { rules } = await asking.snapshots.current();
  const places = await asking.places();
  // An id that came again after W has a row of its own time; a date asks for the detection of that day.
  if (row && (date === undefined || dateOf(row.detection.detectedAt) === date)) {
    return { ...joined(row, places, rules), found_in: 'hbase' };
  }
  const ofLake = date === undefined ? null : await findInLake(id, date, limits);
  if (!ofLake) return null;
  return { ...joinedOfLake(ofLake, places, rules), found_in: 'lake' };
}
