/**
 * Remembers the first-met rows that this process has written lately, for look-ups while no quorum answers
 * (CASSANDRA_CONSISTENCY=one).
 *
 * store.ts puts it before detections.ts. A single replica may lack a row that others have; the worker that wrote it
 * adds
 * it to the answer. A remembered row was acknowledged, so adding it is always right: of two rows of an id the later one
 * is in the table in the end.
 */
import type { FirstMet } from '../../domain/first-met.ts';
import type { Oid } from '../../domain/oid.ts';
import type { DetectionsStore } from '../tables/detections.ts';

/** About 25 MB; at 5,000 new detections a second the last 20 s. */
export const REMEMBERED_ROWS = 100_000;

export function withRecentRows(detections: DetectionsStore, greatest = REMEMBERED_ROWS): DetectionsStore {
  const recent = new Map<Oid, FirstMet>();
  return {
    async find(ids, limits) {
      const answers = await detections.find(ids, limits);
      return answers.map((answer, i) => {
        const known = recent.get(ids[i]!);
        if (!known || answer.status === 'failed') return answer;
        return answer.status === 'found' && answer.row.arrival >= known.arrival
          ? answer
          : { status: 'found', row: known };
      });
    },
    async put(rows) {
      await detections.put(rows);
      for (const row of rows) {
        const { id } = row.detection;
        // The order of a map is that of insertion, so the oldest row goes first.
        recent.delete(id);
        recent.set(id, row);
      }
      for (const id of recent.keys()) {
        if (recent.size <= greatest) break;
        recent.delete(id);
      }
    },
  };
}
