/**
 * Which snapshots a set of files makes: one for each epoch that whole files can tell, oldest first.
 *
 * table.ts asks when it makes the table anew, because there is none or because a change has replaced files. The
 * snapshot of an epoch holds every file whose rows arrived up to its end. A merged file has rows of several epochs, so
 * the epochs before its newest one have no snapshot of their own any more.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { TableFile } from './files.ts';

/** Epochs of which a file has rows. */
export interface Span {
  readonly oldest: Epoch;
  readonly newest: Epoch;
}

/** Most epochs that have a snapshot: nine months of days, or a day of five minutes. */
export const MOST_SNAPSHOTS = 288;

/** `upTo` is the last epoch that the files belong to; it has a snapshot, even if there is no file. */
export function historyOf(
  files: readonly TableFile[],
  spanOf: (file: TableFile) => Span,
  { first, upTo }: { readonly first: Epoch; readonly upTo: Epoch },
): { readonly epoch: Epoch; readonly files: readonly TableFile[] }[] {
  const from = Math.max(first, upTo - MOST_SNAPSHOTS + 1);
  const torn = new Set<number>();
  const byNewest = new Map<number, TableFile[]>();
  for (const file of files) {
    const { oldest, newest } = spanOf(file);
    for (let epoch = Math.max(from, oldest); epoch < newest; epoch++) torn.add(epoch);
    const at = Math.max(from, newest);
    byNewest.set(at, [...(byNewest.get(at) ?? []), file]);
  }
  const history: { epoch: Epoch; files: TableFile[] }[] = [];
  let waiting: TableFile[] = [];
  for (let epoch = from; epoch <= upTo; epoch++) {
    waiting.push(...(byNewest.get(epoch) ?? []));
    if (torn.has(epoch)) continue;
    history.push({ epoch: epoch as Epoch, files: waiting });
    waiting = [];
  }
  return history;
}
