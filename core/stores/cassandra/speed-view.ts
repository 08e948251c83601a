/**
 * The speed view in Cassandra (views/speed-view.ts says what it is).
 *
 * "What changed since" asks the rows of the partitions that moved for the cells that include a later offset: the column
 * up_to says so, because Cassandra cannot search by timestamps. A prune deletes whole partitions with the timestamp
 * cut − 1 (law L4), so each row costs one tombstone.
 */
import type { Epoch } from '../../domain/epoch.ts';
import type { Group, HourRowName } from '../../domain/hour-counts.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Answer } from '../rows/answers.ts';
import type { HourRow, Hours } from '../views/count-view.ts';
import type { HourCell } from '../../domain/hour-counts.ts';
import type { SpeedRowWrite, SpeedView } from '../views/speed-view.ts';
import type { CountRow } from '../views/count-view.ts';
import type { PlacedDetection } from '../views/list-view.ts';
import type { CassandraClient } from './client.ts';
import type { RowDirectory } from './row-directory.ts';
import type { ViewRows } from './view-rows.ts';
import { epoch as epochNumber } from '../../domain/epoch.ts';
import { groupOfScope, PLACE_GROUPS } from '../../domain/hour-counts.ts';
import { decodeSpeedRow, encodeHourCell, encodeList, speedRow } from '../../layout/hbase.ts';
import { inLanes } from '../../process/lanes.ts';
import { cellsOfLevel, hourCellsOf, ofLevel } from '../views/count-view.ts';
import { listedIn, listGroups, listOptions } from '../views/list-view.ts';
import { placeRows } from '../views/speed-view.ts';
import { failedAnswer } from './client.ts';
import { chunksOf } from './chunks.ts';
import { rowDirectory, SPEED_ROWS } from './row-directory.ts';
import { viewRows } from './view-rows.ts';

const LOAD_LANES = 32;
const ROWS_OF_A_SWEEP = 200;

interface Room {
  readonly generation: number;
  readonly rows: ViewRows;
  readonly directory: RowDirectory;
}

export function speedViewIn(
  client: CassandraClient,
  keyspace: string,
  { generation }: { generation: number },
): SpeedView {
  const room: Room = {
    generation,
    rows: viewRows(client, `${keyspace}.speed_view`, { mayDoubt: true }),
    directory: rowDirectory(client, keyspace, SPEED_ROWS),
  };
  return { ...rowsOfWorkers(room), ...counts(room), ...lists(room) };
}

function rowsOfWorkers({ generation, rows, directory }: Room): Pick<SpeedView, 'load' | 'put' | 'prune'> {
  const loadOne = async (name: HourRowName, partition: number): Promise<Answer<HourCell[]>> => {
    try {
      const cells = await rows.whole(speedRow(generation, name, partition));
      const counts = hourCellsOf(name.group, cells);
      return counts.length === 0 ? { status: 'absent' } : { status: 'found', row: counts };
    } catch (fault) {
      return failedAnswer(fault);
    }
  };
  return {
    async load(names, partition) {
      const answers: Answer<HourCell[]>[] = [];
      await inLanes(LOAD_LANES, names.keys(), async (at) => {
        answers[at] = await loadOne(names[at]!, partition);
      });
      return answers;
    },
    async put(writes) {
      const encoded = writes.map((write) => ({ write, cells: cellsOf(write) })).filter(({ cells }) => cells.length > 0);
      await directory.add(
        encoded.map(({ write: { name, partition }, cells }) => ({
          ...{ generation, epoch: name.epoch, group: name.group, hour: name.hour, last: partition },
          upTo: cells.reduce((most, { timestamp }) => Math.max(most, timestamp), 0),
        })),
      );
      await rows.put(
        encoded.map(({ write: { name, partition, isDoubtful }, cells }) => ({
          ...{ key: speedRow(generation, name, partition), cells, isDoubtful },
        })),
      );
    },
    async prune(upTo, cuts) {
      let removed = 0;
      const parts = (await directory.parts()).filter((part) => part.generation === generation && part.epoch! <= upTo);
      await inLanes(2, parts, async (part) => {
        for (const some of chunksOf(await directory.rows(part, EVERY_HOUR), ROWS_OF_A_SWEEP)) {
          const gone = some
            .map(({ hour, last }) => ({ ...part, hour, last, upTo: (cuts[last] ?? 0) - 1 }))
            .filter(({ upTo: timestamp }) => timestamp >= 0);
          await rows.remove(
            gone.map(({ hour, last, group, epoch, upTo: timestamp }) => ({
              key: speedRow(generation, { group, hour, epoch: epochNumber(epoch!) }, last),
              timestamp,
            })),
          );
          // The names go last, so that a sweep that was killed finds the rows again.
          await directory.remove(gone);
          removed += gone.length;
        }
      });
      return removed;
    },
  };
}

const EVERY_HOUR: Hours = { from: 0, to: 0xffff_ffff };

function cellsOf({ cells, listed }: SpeedRowWrite) {
  const lists = listed.map(({ second, first, upTo, entries }) => encodeList(second, first, upTo, entries));
  return [...cells.map(encodeHourCell), ...lists];
}

/** The rows that a group has in hours of these epochs. */
async function keysOf(
  { generation, directory }: Room,
  group: Group,
  { epochs, hours }: { epochs: readonly Epoch[]; hours: Hours },
  limits?: ReadLimits,
): Promise<Buffer[]> {
  const found = await Promise.all(
    epochs.map(async (epoch) => {
      const named = await directory.rows({ generation, epoch, group }, hours, limits);
      return named.map(({ hour, last }) => speedRow(generation, { group, epoch, hour }, last));
    }),
  );
  return found.flat();
}

function counts(room: Room): Pick<SpeedView, 'read' | 'changed' | 'firstHour'> {
  const { generation, rows, directory } = room;
  return {
    async read({ scope, epochs, hours, levels, minutes }, limits) {
      const counted: CountRow[] = [];
      for (const level of levels) {
        const { scope: of, families, columns } = cellsOfLevel(scope, level);
        const keys = await keysOf(room, groupOfScope(of), { epochs, hours }, limits);
        const question = { level: families[0]!, names: columns.columnRange };
        await rows.read(keys, question, limits, (cells, isDoubtful) => {
          const { group, hour, epoch, partition } = decodeSpeedRow(cells[0]!.row);
          const ofThisLevel = ofLevel(level, hourCellsOf(group, cells), minutes);
          counted.push({ scope, hour, epoch, partition, cells: ofThisLevel, ...markOf(isDoubtful) });
        });
      }
      return counted;
    },
    async changed({ scope, level, spans, since }, limits) {
      const { scope: of, families, columns } = cellsOfLevel(scope, level);
      const group = groupOfScope(of);
      const changed: HourRow[] = [];
      const readPartition = ([partition, from]: [number, number]): Promise<void> => {
        const keys = spans.flatMap(({ epoch, hours }) =>
          hoursOf(hours).map((hour) => speedRow(generation, { group, epoch, hour }, partition)),
        );
        const question = { level: families[0]!, names: columns.columnRange, ...(from > 0 ? { since: from } : {}) };
        return rows.read(keys, question, limits, (cells, isDoubtful) => {
          const { hour, epoch } = decodeSpeedRow(cells[0]!.row);
          changed.push({ hour, epoch, partition, cells: hourCellsOf(group, cells), ...markOf(isDoubtful) });
        });
      };
      await inLanes(4, since, readPartition);
      return changed;
    },
    async firstHour(e, before, limits) {
      return before <= 0 ? null : directory.firstHour({ generation, epoch: e, group: 'all' }, before, limits);
    },
  };
}

function lists(room: Room): Pick<SpeedView, 'list' | 'eachPlaceOf'> {
  const { rows } = room;
  return {
    async list({ scope, epochs, hours, bounds }, limits) {
      const listed: PlacedDetection[] = [];
      const { families, columnRange } = listOptions(bounds);
      const question = { level: families![0]!, names: columnRange };
      await inLanes(4, listGroups(scope), async (group) => {
        await rows.read(await keysOf(room, group, { epochs, hours }, limits), question, limits, (cells, isDoubtful) => {
          const { hour } = decodeSpeedRow(cells[0]!.row);
          for (const entry of listedIn(hour, cells, scope, bounds)) listed.push({ ...entry, ...markOf(isDoubtful) });
        });
      });
      return listed;
    },
    async eachPlaceOf(e, levels, take) {
      for (let group = 0; group < PLACE_GROUPS; group++)
        await rows.read(
          await keysOf(room, group, { epochs: [e], hours: EVERY_HOUR }),
          { level: 'i' },
          undefined,
          (cells) => take(placeRows(cells, levels)),
        );
    },
  };
}

const markOf = (isDoubtful: boolean): { isDoubtful?: boolean } => (isDoubtful ? { isDoubtful } : {});

const hoursOf = ({ from, to }: Hours): number[] => Array.from({ length: to - from + 1 }, (_, step) => from + step);
