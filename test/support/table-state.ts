/** What the Iceberg table over a lake says: of each snapshot its epoch, the tag that names it, and its files. */
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { epochOf, metadataFile, newestVersion, readTable } from '../../batch-layer/table/metadata.ts';
import { filesOf } from '../../batch-layer/table/snapshots.ts';

export interface SnapshotState {
  readonly epoch: string;
  readonly isTagged: boolean;
  readonly rows: number;
  readonly files: readonly string[];
}

/** Oldest first; empty if there is no table. */
export async function tableState(hdfs: Hdfs): Promise<SnapshotState[]> {
  const version = await newestVersion(hdfs);
  const table = await readTable(hdfs, version);
  if (!table) return [];
  const { refs } = JSON.parse((await hdfs.read(metadataFile(version))).toString()) as {
    refs: Record<string, { 'snapshot-id': number }>;
  };
  const signal = new AbortController().signal;
  return Promise.all(
    table.snapshots.map(async (snapshot) => {
      const epoch = epochOf(snapshot);
      const entries = await filesOf({ hdfs, signal }, table, snapshot);
      return {
        ...{ epoch, isTagged: refs[epoch]?.['snapshot-id'] === snapshot['snapshot-id'] },
        rows: entries.reduce((sum, { file }) => sum + file.rows, 0),
        files: entries.map(({ file }) => file.path).sort(),
      };
    }),
  );
}
