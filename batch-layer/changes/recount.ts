/**
 * Counts of what is forgotten go too (`forget --counts`): cells of the batch view, and the files of top items.
 *
 * forget.ts calls it after it has found the detections. A cell becomes what it was, less what goes: so an earlier
 * forgetting whose counts stayed keeps them in every cell alike. The new cells are absolute and lie in a file of the
 * change (work.ts writes them, serving reads it meanwhile), so writing them again changes nothing (law L4). A cell that
 * has less than what goes is a fault of the view, and nothing is declared.
 */
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Group, HourCell, HourCellName } from '../../core/domain/hour-counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Appender, Duck } from '../../core/stores/lake/duckdb.ts';
import type { BatchContext } from '../context.ts';
import type { FoundFile, Search } from './find-forgotten.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { addToMinute, eachHourCellOf, groupOf, hourCellKey } from '../../core/domain/hour-counts.ts';
import { dateOf, DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import { LAKE, recountedFile } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { quoted } from '../../core/stores/lake/duckdb.ts';
import { RECOUNTED_TABLE } from '../../core/stores/lake/recounted-cells.ts';
import { findNewestDue, pruneDue } from '../view/prune.ts';
import { rewrittenIn, rowsOfFile } from './find-forgotten.ts';
import type { Rewritten } from './rewrite.ts';
import { rewriteFile } from './rewrite.ts';

/** How much goes of the counts. */
export interface Recount {
  readonly cells: number;
  readonly detections: number;
}

/** What one hour of an epoch loses. */
interface Loss {
  readonly epoch: Epoch;
  readonly hour: number;
  readonly cells: Map<string, { readonly name: HourCellName; readonly minutes: number[] }>;
}

/** Makes the table `recounted` of the cells as they are to be. */
export async function recount({ batchView, rules, signal }: BatchContext, duck: Duck): Promise<Recount> {
  await duck.run(`CREATE TABLE recounted ${RECOUNTED_TABLE}`);
  const appender = await duck.appender('recounted');
  let [cells, detections] = [0, 0];
  for await (const loss of lossesOf(duck)) {
    signal.throwIfAborted();
    const found = new Map<string, HourCell>();
    const places = [
      ...new Set([...loss.cells.values()].flatMap(({ name }) => (name.location === '' ? [] : [name.location]))),
    ];
    const hours = { from: loss.hour, to: loss.hour };
    const epochs = { after: loss.epoch - 1, upTo: loss.epoch };
    const readings = [
      ...(['minute', 'minute_place', 'minute_item'] as const).map((level) => ({ scope: 'all' as const, level })),
      ...places.map((scope) => ({ scope, level: 'minute_item' as const })),
    ];
    for (const reading of readings)
      for (const row of await batchView.published({ ...reading, hours, epochs }))
        for (const cell of row.cells) found.set(hourCellKey(cell), cell);
    for (const [key, { name, minutes }] of loss.cells) {
      const left = without(found.get(key)?.minutes ?? [], minutes);
      if (left === null) throw unlike(loss, name, nameOf(loss.epoch, rules));
      const group: Group = name.kind === 'place_item' ? groupOf(name.location as Oid) : 'all';
      appendCell(appender, loss, group, { ...name, minutes: left, upTo: loss.epoch });
      cells += 1;
      if (name.kind === 'total') for (let at = 1; at < minutes.length; at += 2) detections += minutes[at]!;
    }
  }
  appender.close();
  return { cells, detections };
}

async function* lossesOf(duck: Duck): AsyncGenerator<Loss> {
  let open: Loss | null = null;
  for await (const rows of duck.batches(`SELECT epoch, timestamp_detected // 3600000 AS hour,
      timestamp_detected // 60000 % 60 AS minute, geographical_location_oid AS place, item_name AS item, COUNT(*) AS n
    FROM forgotten WHERE is_listed GROUP BY ALL ORDER BY epoch, hour, minute`)) {
    for (const row of rows) {
      const [epoch, hour, minute, n] = [row.epoch, row.hour, row.minute, row.n].map(Number) as [
        number,
        number,
        number,
        number,
      ];
      if (open && (open.epoch !== epoch || open.hour !== hour)) {
        yield open;
        open = null;
      }
      const loss: Loss = (open ??= { epoch: epoch as Epoch, hour, cells: new Map() });
      const detection = { location: String(row.place) as Oid, item: row.item as string };
      eachHourCellOf(detection, (kind, location, item) => {
        const name = { kind, location, item };
        const key = hourCellKey(name);
        const known = loss.cells.get(key) ?? { name, minutes: [] };
        loss.cells.set(key, known);
        addToMinute(known.minutes, minute, n);
      });
    }
  }
  if (open) yield open;
}

/** Null if the cell has less than that. */
function without(minutes: readonly number[], taken: readonly number[]): number[] | null {
  const left = new Map<number, number>();
  for (let at = 0; at < minutes.length; at += 2) left.set(minutes[at]!, minutes[at + 1]!);
  for (let at = 0; at < taken.length; at += 2) {
    const n = (left.get(taken[at]!) ?? 0) - taken[at + 1]!;
    if (n < 0) return null;
    if (n === 0) left.delete(taken[at]!);
    else left.set(taken[at]!, n);
  }
  return [...left].flat();
}

function unlike({ hour }: Loss, { kind, location, item }: HourCellName, epoch: string): Refusal {
  const what = [kind, location && `place ${location}`, item && JSON.stringify(item.slice(0, 80))].filter(Boolean);
  return new Refusal(
    EXIT.data_check_failed,
    `The batch view of epoch ${epoch} counts less than the lake has, in ${what.join(', ')} of the hour from ` +
      `${new Date(hour * HOUR_MS).toISOString()}. Nothing was forgotten. "batch rebuild" makes the view again.`,
  );
}

function appendCell(appender: Appender, { epoch, hour }: Loss, group: Group, cell: HourCell): void {
  const { kind, location, item, minutes } = cell;
  const values = [epoch, hour, group === 'all' ? -1 : group, kind, location, item, minutes.join(' ')];
  appender.append(
    values.map((value, at) => [at < 2 ? BigInt(value) : value]),
    1,
  );
}

export async function stageRecount({ hdfs }: BatchContext, change: number, duck: Duck, folder: string): Promise<void> {
  const localFile = join(folder, 'counts.parquet');
  await duck.run(`COPY (SELECT * FROM recounted) TO ${quoted(localFile)} (FORMAT parquet, COMPRESSION zstd)`);
  await hdfs.upload(localFile, recountedFile(change));
}

/** Cells of the speed view are no part of any answer once they are pruned, so they must be: their grace is over. */
export async function checkPruned(context: BatchContext, duck: Duck): Promise<void> {
  const [newest] = await duck.rows('SELECT MAX(epoch) AS epoch FROM forgotten WHERE is_listed');
  if (newest!.epoch === null) return;
  const epoch = Number(newest!.epoch) as Epoch;
  const { control, rules } = context;
  const partitions = ((await control.horizon(rules.generation))?.cuts ?? []).map((_, partition) => partition);
  // No worker has ever counted here.
  if ((await control.progress(rules.generation, partitions)).every((one) => one === null)) return;
  const due = await findNewestDue(context, Date.now());
  if (due === null || due.epoch < epoch)
    throw new Refusal(
      EXIT.dependency_down,
      `The speed view still has epoch ${nameOf(epoch, rules)}: it is pruned when the grace of published epochs ` +
        'has passed. Nothing was forgotten. Run again then.',
    );
  await pruneDue(context, Date.now());
}

/** Yields the files of top items that count such a detection, written again with less; null where no row is left. */
export async function* recountedTopItems({
  duck,
  copies,
  search,
  folder,
}: { folder: string; search: Search } & Pick<Search, 'duck' | 'copies'>): AsyncGenerator<{
  found: FoundFile;
  rewritten: Rewritten | null;
}> {
  const lost = await duck.rows(`SELECT DISTINCT epoch, timestamp_detected // ${DAY_MS} AS day FROM forgotten
    WHERE is_listed ORDER BY ALL`);
  for (const { epoch, day } of lost) {
    const run = search.runs.find(({ epoch_number: number }) => number === Number(epoch))!;
    const path = `${LAKE}/top_items/dt=${dateOf(Number(day) * DAY_MS)}/`;
    for (const file of run.files.filter((one) => one.path.startsWith(path))) {
      const localFile = await copies.fetch(file);
      const target = rewrittenIn(folder, file.path);
      const lostHere = `SELECT (timestamp_detected // ${HOUR_MS} % 24)::INTEGER AS hour, geographical_location_oid,
          item_name, COUNT(*) AS n FROM forgotten
        WHERE is_listed AND epoch = ${Number(epoch)} AND timestamp_detected // ${DAY_MS} = ${Number(day)} GROUP BY ALL`;
      const joined = `FROM ${rowsOfFile(localFile)} LEFT JOIN (${lostHere}) lost
        USING (hour, geographical_location_oid, item_name)`;
      const [changed] = await duck.rows(`SELECT COUNT(*) AS n ${joined} WHERE lost.n IS NOT NULL`);
      const select = `SELECT hour, geographical_location_oid, geographical_location, item_name,
          detections - COALESCE(lost.n, 0) AS detections ${joined} WHERE detections > COALESCE(lost.n, 0)
        ORDER BY hour, geographical_location_oid, detections DESC, item_name`;
      const rows = await rewriteFile(duck, localFile, select, target);
      const found: FoundFile = {
        table: 'top_items',
        file,
        runs: [run],
        localFile,
        condition: 'true',
        rows: Number(changed!.n),
      };
      const rewritten = rows === 0 ? null : { path: file.path, localFile: target, rows, epochs: [run.epoch] };
      yield { found, rewritten };
      await rm(target, { force: true });
    }
  }
}
