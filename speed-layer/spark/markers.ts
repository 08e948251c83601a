/**
 * Passes what Kafka never delivers at the end of a partition: markers of transactions, and aborted records.
 *
 * supervisor.ts calls it at intervals. A worker learns from its consumer where a partition ends; Spark's tasks learn
 * nothing of a partition without records, so its progress would stay behind the log for ever. The progress row may be
 * another process's by then: the log holds no record between the row and its new offset, so everybody who passes them
 * writes the same tallies, and who has decided a later record writes a greater offset.
 */
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';
import type { LogEnds, LogReader } from '../../core/stores/kafka/types.ts';

export interface MarkerPorts {
  readonly generation: number;
  readonly reader: Pick<LogReader, 'read'>;
  readonly control: Pick<ControlStore, 'putProgress'>;
}

/** Looks at partitions that have not moved since the last call; returns the progress that it wrote. */
export function passMarkers({ generation, reader, control }: MarkerPorts) {
  let before: ReadonlyMap<number, number> = new Map();
  return async (all: readonly Progress[], ends: readonly LogEnds[]): Promise<Progress[]> => {
    const endOf = new Map(ends.map(({ partition, high }) => [partition, high]));
    const isQuiet = ({ partition, nextOffset }: Progress): boolean =>
      nextOffset < (endOf.get(partition) ?? 0) && before.get(partition) === nextOffset;
    const passed: Progress[] = [];
    for (const progress of all.filter(isQuiet)) {
      const end = await endWithoutRecords(reader, progress);
      if (end > progress.nextOffset) passed.push({ ...progress, nextOffset: end });
    }
    before = new Map(all.map(({ partition, nextOffset }) => [partition, nextOffset]));
    if (passed.length > 0) await control.putProgress(generation, passed);
    return passed;
  };
}

/** Where the partition ends if it holds no record from the progress on; else the progress. */
async function endWithoutRecords(
  reader: Pick<LogReader, 'read'>,
  { partition, nextOffset }: Progress,
): Promise<number> {
  for await (const { records, next, atEnd } of reader.read(partition, nextOffset)) {
    if (records.length > 0) return nextOffset;
    if (atEnd) return next;
  }
  return nextOffset;
}
