/** The workers of one generation: whoever dies is followed by another, until the generation is given up. */
import type { LiveWorker, World } from './worker.ts';
import { startWorker } from './worker.ts';

export interface Crew {
  readonly workers: ReadonlyMap<string, LiveWorker>;
  start(): void;
  /** Tells its workers to stop, and starts no other; who sleeps does not hear of it yet. */
  retire(): void;
  /** How many records of the log its workers have put behind them, as far as any has come. */
  read(): number;
  /** Nobody is in the middle of a round, and everything in the log is decided. */
  isRead(): boolean;
}

export interface CrewHooks {
  ended(how: string): void;
  failed(thrown: unknown): void;
}

export function crewOf(world: World, hooks: CrewHooks): Crew {
  const workers = new Map<string, LiveWorker>();
  const { generation } = world.rules;
  /** By partition. */
  const furthest: number[] = [];
  let born = 0;
  const start = (): void => {
    const worker = startWorker(world, `${generation === 1 ? '' : `generation ${generation} `}worker ${++born}`);
    workers.set(worker.who, worker);
    worker.ended.then((how) => {
      workers.delete(worker.who);
      if (how === null) return;
      hooks.ended(how);
      if (!world.isOver) start();
    }, hooks.failed);
  };
  return {
    workers,
    start,
    retire() {
      world.isOver = true;
    },
    read() {
      for (const { holdings } of workers.values())
        for (const [partition, { nextOffset }] of holdings.progress)
          furthest[partition] = Math.max(furthest[partition] ?? 0, nextOffset);
      return furthest.reduce((sum, offset) => sum + offset, 0);
    },
    isRead: () =>
      [...workers.values()].every(({ isInRound }) => !isInRound) &&
      world.log.partitions.every((_, partition) =>
        [...workers.values()].some(
          ({ holdings }) => holdings.progress.get(partition)?.nextOffset === world.log.end(partition),
        ),
      ),
  };
}
