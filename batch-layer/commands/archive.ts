/** `sightline batch archive`: archives what the log holds now, and says what was added to each epoch. */
import { EXIT } from '../../core/process/errors.ts';
import { holdText } from '../../core/process/hold-text.ts';
import { archiveNow } from '../archive/archive-now.ts';
import { withLakeLock } from '../lock/lake-lock.ts';
import { nothingToDo, print, withBatch } from './with-batch.ts';

export interface ArchiveCommandOptions {
  readonly json?: boolean;
}

export async function runArchive({ json }: ArchiveCommandOptions): Promise<number> {
  return withBatch(async ({ context }) => {
    const { epochs, heldPartitions } = await withLakeLock(context, archiveNow);
    if (epochs.length === 0 && heldPartitions.length === 0)
      return nothingToDo('Everything that the log holds is archived already');
    for (const one of epochs) {
      const records = `${one.records.toLocaleString('en')} records`;
      print(json, one, `${one.epoch}: ${records} in ${one.files} files, ${one.bytes.toLocaleString('en')} bytes`);
    }
    for (const partition of heldPartitions)
      process.stderr.write(`${holdText(partition, context.settings.brokerAheadMs)}\n`);
    return heldPartitions.length > 0 ? EXIT.dependency_down : EXIT.done;
  });
}
