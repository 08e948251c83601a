/** The batch view in Cassandra (views/batch-view.ts says what it is): the rows of published epochs, by their names. */
import type { Group } from '../../domain/hour-counts.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { BatchView } from '../views/batch-view.ts';
import type { CountRow, HourRow, Hours } from '../views/count-view.ts';
import type { PlacedDetection } from '../views/list-view.ts';
import type { CassandraClient } from './client.ts';
import { epoch as epochNumber } from '../../domain/epoch.ts';
import { groupOfScope } from '../../domain/hour-counts.ts';
import { batchRow, decodeBatchRow, encodeHourCell, encodeList } from '../../layout/hbase.ts';
import { inLanes } from '../../process/lanes.ts';
import { cellsOfLevel, hourCellsOf, ofLevel } from '../views/count-view.ts';
import { listedIn, listGroups, listOptions } from '../views/list-view.ts';
import type { RowDirectory } from './row-directory.ts';
import type { ViewRows } from './view-rows.ts';
import { BATCH_ROWS, rowDirectory } from './row-directory.ts';
import { viewRows } from './view-rows.ts';

export function batchViewIn(
  client: CassandraClient,
  keyspace: string,
  { generation }: { generation: number },
): BatchView {
  const room: Room = {
    generation,
    rows: viewRows(client, `${keyspace}.batch_view`),
    directory: rowDirectory(client, keyspace, BATCH_ROWS),
  };
  return { ...writes(room), ...readings(room) };
}

interface Room {
  readonly generation: number;
  readonly rows: ViewRows;
  readonly directory: RowDirectory;
}

/** The rows that a group has of the epochs after `after` up to and including `upTo`. */
async function keysOf(
  { generation, directory }: Room,
  group: Group,
  { hours, after = -1, upTo }: { hours: Hours; after?: number; upTo: number },
  limits?: ReadLimits,
): Promise<Buffer[]> {
  return (await directory.rows({ generation, group }, hours, limits))
    .filter(({ last }) => last > after && last <= upTo)
    .map(({ hour, last }) => batchRow(generation, { group, hour, epoch: epochNumber(last) }));
}

function writes({ generation, rows, directory }: Room): Pick<BatchView, 'put'> {
  return {
    async put(writes) {
      const encoded = writes.map(({ name, cells, listed }) => ({
        name,
        cells: [
          ...cells.map(encodeHourCell),
          ...listed.map(({ second, first, upTo, entries }) => encodeList(second, first, upTo, entries)),
        ],
      }));
      await directory.add(
        encoded.map(({ name: { group, hour, epoch }, cells }) => ({
          ...{ generation, group, hour, last: epoch },
          upTo: cells.reduce((most, { timestamp }) => Math.max(most, timestamp), 0),
        })),
      );
      await rows.put(encoded.map(({ name, cells }) => ({ key: batchRow(generation, name), cells })));
    },
  };
}

function readings(room: Room): Omit<BatchView, 'put'> {
  const { generation, rows, directory } = room;
  return {
    async read({ scope, horizon, hours, levels, minutes }, limits) {
      const counted: CountRow[] = [];
      for (const level of levels) {
        const { scope: of, families, columns } = cellsOfLevel(scope, level);
        const keys = await keysOf(room, groupOfScope(of), { hours, upTo: horizon }, limits);
        const question = { level: families[0]!, names: columns.columnRange };
        await rows.read(keys, question, limits, (cells) => {
          const { group, epoch, hour } = decodeBatchRow(cells[0]!.row);
          const ofThisLevel = ofLevel(level, hourCellsOf(group, cells), minutes);
          counted.push({ scope, epoch, hour, partition: -1, cells: ofThisLevel });
        });
      }
      return counted;
    },
    async published({ scope, level, hours, epochs }, limits) {
      const { scope: of, families, columns } = cellsOfLevel(scope, level);
      const group = groupOfScope(of);
      const published: HourRow[] = [];
      const keys = await keysOf(room, group, { hours, ...epochs }, limits);
      const question = { level: families[0]!, names: columns.columnRange };
      await rows.read(keys, question, limits, (cells) => {
        const { epoch, hour } = decodeBatchRow(cells[0]!.row);
        published.push({ epoch, hour, partition: -1, cells: hourCellsOf(group, cells) });
      });
      return published;
    },
    firstHour: (limits) => directory.firstHour({ generation, group: 'all' }, Infinity, limits),
    async list({ scope, horizon, hours, bounds }, limits) {
      const listed: PlacedDetection[] = [];
      const { families, columnRange } = listOptions(bounds);
      const question = { level: families![0]!, names: columnRange };
      await inLanes(4, listGroups(scope), async (group) => {
        const keys = await keysOf(room, group, { hours, upTo: horizon }, limits);
        await rows.read(keys, question, limits, (cells) => {
          const { hour } = decodeBatchRow(cells[0]!.row);
          for (const entry of listedIn(hour, cells, scope, bounds)) listed.push(entry);
        });
      });
      return listed;
    },
  };
}
