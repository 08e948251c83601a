/**
 * The speed view on the ring: rows keep the mark of doubt, as those of Cassandra do
 * (core/stores/cassandra/view-rows.ts).
 *
 * The mark is one more cell of the row, put together with the row's counts and read with every question about it. So a
 * replica has both or neither, and the repair of a read gives both.
 */
import type { GetAnswer, HBaseClient, RowGet, RowPut } from '../../core/hbase/types.ts';
import type { Rules } from '../../core/domain/rules.ts';
import { decodeSpeedRow } from '../../core/layout/hbase.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import { speedView } from '../../core/stores/views/speed-view.ts';

export interface MarkedView extends Pick<SpeedView, 'load' | 'put'> {
  /** The hours of the rows that had the mark when they were loaded. */
  readonly doubtfulHours: ReadonlySet<number>;
}

const FAMILY = 'doubt';

export function markedView(rows: HBaseClient, namespace: string, rules: Rules): MarkedView {
  const doubtfulHours = new Set<number>();
  const reading = {
    ...rows,
    async get(table: string, gets: RowGet[]): Promise<GetAnswer[]> {
      const answers = await rows.get(
        table,
        gets.map((get) => ({ ...get, families: [...get.families!, FAMILY] })),
      );
      return answers.map((answer) => {
        if (answer.status !== 'found') return answer;
        const cells = answer.cells.filter(({ family }) => family !== FAMILY);
        if (cells.length < answer.cells.length) doubtfulHours.add(decodeSpeedRow(answer.cells[0]!.row).hour);
        return { ...answer, cells };
      });
    },
  };
  return {
    doubtfulHours,
    load: (names, partition) => speedView(reading, namespace, rules).load(names, partition),
    put(writes) {
      const put: HBaseClient['put'] = (table, puts) =>
        rows.put(
          table,
          puts.map((each, at) => (writes[at]!.isDoubtful ? withMark(each) : each)),
        );
      return speedView({ ...rows, put }, namespace, rules).put(writes);
    },
  };
}

function withMark({ row, cells }: RowPut): RowPut {
  const timestamp = Math.max(...cells.map((cell) => cell.timestamp));
  return { row, cells: [...cells, { family: FAMILY, qualifier: Buffer.alloc(0), timestamp, value: Buffer.of(1) }] };
}
