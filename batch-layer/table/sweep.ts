/**
 * Removes files of the table's metadata that no snapshot needs any more: of expired snapshots, of tries that died, and
 * old metadata files.
 *
 * table.ts calls it after a commit, now and then, and after a forgetting at once. A manifest that the oldest snapshot
 * does not list is needed only if it was written later, so two lists tell everything. What is needed no more stays for
 * an hour, for readers that have begun.
 */
import type { TableContext } from './context.ts';
import type { Table } from './metadata.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { METADATA } from './metadata.ts';
import { manifestsOf, pathIn, sequenceIn } from './snapshots.ts';

/** Commits from one sweep to the next. */
export const SWEPT_EVERY = 32;
const KEPT_VERSIONS = 32;
const REMOVES_AT_ONCE = 8;

export async function sweepTable(context: TableContext, table: Table, { isAtOnce = false } = {}): Promise<number> {
  const { hdfs } = context;
  const needed = await neededBy(context, table);
  const before = isAtOnce ? Infinity : Date.now() - HOUR_MS;
  const swept = (await hdfs.list(METADATA)).filter(
    ({ path, modifiedAtMs }) => modifiedAtMs < before && isLeftOver(path, table, needed),
  );
  await inLanes(REMOVES_AT_ONCE, swept, ({ path }) => hdfs.remove(path));
  return swept.length;
}

async function neededBy(context: TableContext, table: Table): Promise<ReadonlySet<string>> {
  const { snapshots } = table;
  const manifests = [
    ...(await manifestsOf(context, table, snapshots[0]!)),
    ...(await manifestsOf(context, table, snapshots.at(-1)!)),
  ];
  return new Set([
    ...manifests.map(({ path }) => pathIn(table, path)),
    ...snapshots.map((snapshot) => pathIn(table, snapshot['manifest-list'])),
  ]);
}

function isLeftOver(path: string, { version, snapshots }: Table, needed: ReadonlySet<string>): boolean {
  const name = path.slice(METADATA.length + 1);
  const ofVersion = /^v(\d+)\.metadata\.json$/.exec(name)?.[1];
  if (ofVersion !== undefined) return Number(ofVersion) <= version - KEPT_VERSIONS;
  if (name.startsWith('_')) return true;
  const sequence = sequenceIn(path);
  if (sequence === null || needed.has(path)) return false;
  return name.includes('-list-') || sequence <= snapshots[0]!['sequence-number'];
}
