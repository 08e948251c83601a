/**
 * Three replicas of the store of rows, in memory: nodes die and come back, what a node missed waits as a hint, and a
 * question sees the replicas that it asks.
 *
 * Each replica is a simulatedHBase, so cells, timestamps and ties are those of the laws. A call takes part in one of
 * three ways: `quorum` wants two replicas, `one` takes any one, `living` asks all that are up and wants two. With
 * too few of them the call fails as Cassandra's does.
 */
import type { Cell, GetAnswer, HBaseClient, RowGet, RowPut } from '../../core/hbase/types.ts';
import { cassandraFault } from '../../core/stores/cassandra/faults.ts';
import type { Weakening } from '../../core/stores/cassandra/weakening.ts';
import { USUAL, weakening } from '../../core/stores/cassandra/weakening.ts';
import { simulatedHBase } from './hbase.ts';
import type { Dice } from './random.ts';

type Wanted = 'quorum' | 'one' | 'living';

interface Node {
  readonly client: HBaseClient;
  isUp: boolean;
  /** What it missed while it was down. */
  readonly hints: { readonly table: string; readonly put: RowPut }[];
}

export interface SimulatedRing {
  /** A client that goes on with one replica while no quorum answers; `living`: for facts. */
  client(): RingClient;
  /** Before each call and between rounds: a node dies, comes back, or takes some of its hints. */
  chance(): Promise<void>;
  /** From now on everything is up, and every hint is taken. */
  heal(): Promise<void>;
  up(): number;
  /** A node dies or comes back now. */
  turn(node: number, isUp: boolean): void;
}

export interface RingClient {
  readonly certainty: Weakening;
  readonly rows: HBaseClient;
  readonly facts: HBaseClient;
  /** Tries whether a quorum is back; as time does. */
  probe(): Promise<void>;
}

const UNAVAILABLE = () =>
  cassandraFault('a call', Object.assign(new Error('too few replicas'), { name: 'ResponseError', code: 0x1000 }));

/** `isCalm`: nodes change only when told to. */
export function simulatedRing(random: Dice, isCalm = false): SimulatedRing {
  const nodes: Node[] = [0, 1, 2].map(() => ({ client: simulatedHBase().client(), isUp: true, hints: [] }));
  const living = (): Node[] => nodes.filter(({ isUp }) => isUp);
  const takeHints = async (node: Node, most: number): Promise<void> => {
    for (const { table, put } of node.hints.splice(0, most)) await keep(node, table, put);
  };
  // Some rings lose nodes for long, others for a call or two; some deliver their hints late.
  const [dies, returns, hinted] = [random.pick([0.015, 0.06]), random.pick([0.03, 0.3]), random.pick([0.1, 0.01])];
  const chance = async (): Promise<void> => {
    if (isCalm) return;
    for (const node of nodes) {
      if (node.isUp && living().length > 1 && random.chance(dies)) node.isUp = false;
      else if (!node.isUp && random.chance(returns)) node.isUp = true;
      if (node.isUp && random.chance(hinted)) await takeHints(node, 1 + random.below(8));
    }
  };
  /** The replicas that answer; throws if they are too few. */
  const asked = (wanted: Wanted): Node[] => {
    const up = [...living()].sort(() => random.next() - 0.5);
    if (wanted === 'one') return up.slice(0, 1);
    if (up.length < 2) throw UNAVAILABLE();
    return wanted === 'living' ? up : up.slice(0, 2);
  };
  const get = async (wanted: Wanted, table: string, gets: RowGet[]): Promise<GetAnswer[]> => {
    await chance();
    const some = asked(wanted);
    const answers = await Promise.all(some.map(({ client }) => client.get(table, gets)));
    const found = gets.map((_, at) => merged(answers.map((each) => each[at]!)));
    // mutation: read-repair
    if (wanted !== 'one') await repair(some, table, gets, found);
    return found;
  };
  const put = async (wanted: Wanted, table: string, puts: RowPut[]) => {
    await chance();
    if (wanted !== 'one' && living().length < 2) throw UNAVAILABLE();
    for (const one of puts) {
      for (const node of nodes)
        if (node.isUp) await keep(node, table, one);
        else node.hints.push({ table, put: one });
    }
    return puts.map(() => ({ status: 'done' as const }));
  };
  return {
    chance,
    up: () => living().length,
    turn: (node, isUp) => void (nodes[node]!.isUp = isUp),
    async heal() {
      isCalm = true;
      for (const node of nodes) {
        node.isUp = true;
        await takeHints(node, Infinity);
      }
    },
    client() {
      const waiting: (() => void)[] = [];
      const certainty = weakening(() => get('quorum', 'sim:control', [{ row: Buffer.from('probe') }]), {
        ...{ ...USUAL, strongForMs: 0 },
        later(_, run) {
          waiting.push(run);
          return () => void waiting.splice(waiting.indexOf(run), 1);
        },
      });
      const through = (sure: Wanted): HBaseClient => {
        const client = {
          get: (table: string, gets: RowGet[]) =>
            certainty.ask(
              () => get(sure, table, gets),
              () => get('one', table, gets),
            ),
          put: (table: string, puts: RowPut[]) =>
            certainty.ask(
              () => put('quorum', table, puts),
              () => put('one', table, puts),
            ),
        } satisfies Pick<HBaseClient, 'get' | 'put'>;
        return client as unknown as HBaseClient;
      };
      return {
        certainty,
        rows: through('quorum'),
        facts: through('living'),
        async probe() {
          for (const run of waiting.splice(0)) run();
          // The probe's answer and what follows from it.
          for (let i = 0; i < 40; i++) await Promise.resolve();
        },
      };
    },
  };
}

/**
 * What one of the asked replicas has, the others of them have too before the answer is given (read_repair = BLOCKING):
 * so what one quorum has seen, the next one sees.
 */
async function repair(asked: Node[], table: string, gets: readonly RowGet[], found: readonly GetAnswer[]) {
  for (const [at, answer] of found.entries())
    if (answer.status === 'found')
      for (const node of asked) await keep(node, table, { row: gets[at]!.row, cells: answer.cells });
}

/** Of two values with the same timestamp Cassandra keeps the greater one, whichever came first. */
async function keep({ client }: Node, table: string, { row, cells }: RowPut): Promise<void> {
  const [found] = await client.get(table, [{ row }]);
  const known = found?.status === 'found' ? found.cells : [];
  const isBeaten = (cell: RowPut['cells'][number]): boolean =>
    known.some(
      ({ family, qualifier, timestamp, value }) =>
        family === cell.family &&
        qualifier.equals(cell.qualifier) &&
        timestamp === cell.timestamp &&
        Buffer.compare(value, cell.value) > 0,
    );
  const kept = cells.filter((cell) => !isBeaten(cell));
  if (kept.length > 0) await client.put(table, [{ row, cells: kept }]);
}

/** Of each cell the one with the greatest timestamp; of two with the same, the greater value. */
function merged(answers: readonly GetAnswer[]): GetAnswer {
  const cells = new Map<string, Cell>();
  for (const answer of answers)
    if (answer.status === 'found')
      for (const cell of answer.cells) {
        const name = `${cell.family}:${cell.qualifier.toString('latin1')}`;
        const known = cells.get(name);
        if (!known || isGreater(cell, known)) cells.set(name, cell);
      }
  return cells.size > 0 ? { status: 'found', cells: [...cells.values()] } : { status: 'absent' };
}

function isGreater(a: Cell, b: Cell): boolean {
  return a.timestamp === b.timestamp ? Buffer.compare(a.value, b.value) > 0 : a.timestamp > b.timestamp;
}
