/** `sightline batch table`: brings the Iceberg table up to the horizon, or makes it anew (table/table.ts). */
import type { Snapshot } from '../table/metadata.ts';
import { DETECTIONS_TABLE } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { horizonOf } from '../epochs/next-epochs.ts';
import { epochOf, metadataFile } from '../table/metadata.ts';
import { keepTable } from '../table/table.ts';
import { withLakeLock } from '../lock/lake-lock.ts';
import { nothingToDo, print, withBatch } from './with-batch.ts';

export interface TableCommandOptions {
  readonly anew?: boolean;
  readonly json?: boolean;
}

export async function runTable({ anew = false, json }: TableCommandOptions): Promise<number> {
  return withBatch(async ({ context }) => {
    const kept = await withLakeLock(context, async (locked, lease) => {
      const horizon = await horizonOf(locked);
      return (
        horizon && { kept: await keepTable(locked, horizon.epoch, { checkLock: () => lease.check(), isAnew: anew }) }
      );
    });
    if (kept === null) return nothingToDo('No epoch is published yet, so there is nothing to make a table of');
    if (kept.kept === null)
      throw new Refusal(EXIT.usage, 'LAKE_TABLE is off, so no table is kept. Set LAKE_TABLE=on, then run again.');
    const { made, table } = kept.kept;
    const [oldest, head] = [table.snapshots[0]!, table.snapshots.at(-1)!];
    const [rows, files] = [totalOf(head, 'total-records'), totalOf(head, 'total-data-files')];
    const answer = {
      ...{ made, table: `${table.url}/${DETECTIONS_TABLE}`, metadata: `${table.url}/${metadataFile(table.version)}` },
      ...{ rows, files, snapshots: table.snapshots.length, from_epoch: epochOf(oldest), to_epoch: epochOf(head) },
    };
    const shown = (count: number): string => count.toLocaleString('en');
    print(
      json,
      answer,
      `${answer.table}: ${shown(rows)} rows in ${shown(files)} files; ${shown(answer.snapshots)} snapshots, ` +
        `${answer.from_epoch} to ${answer.to_epoch}`,
    );
    return made === 'nothing' ? EXIT.nothing_to_do : EXIT.done;
  });
}

const totalOf = ({ summary }: Snapshot, name: 'total-records' | 'total-data-files'): number => Number(summary[name]);
