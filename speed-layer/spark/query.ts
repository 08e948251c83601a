/**
 * Keeps one query running: starts it from the progress, starts it again when it fails or must, and ends the engine when
 * a fault cannot pass.
 *
 * supervisor.ts calls `look` at intervals. Every start takes its offsets from the progress rows (law L1), so what the
 * last run did not finish is read again, and what it did finish is passed over. Faults come as text through Spark;
 * those of the processes that decide carry their exit code.
 */
import type { ExitCode } from '../../core/process/errors.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import type { Log } from '../../core/process/log.ts';
import type { SparkJob } from './job.ts';
import type { StartOrder } from './plan.ts';

export interface QueryPorts {
  /** Starts the driver. */
  readonly openJob: () => SparkJob;
  /** The order that starts this run from the progress as it is now. */
  readonly order: (run: number) => Promise<StartOrder>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly now: () => number;
}

export interface Query {
  /** Throws a Refusal when a fault cannot pass. `mustRestart`: why this run must begin again from the progress. */
  look(mustRestart: (run: number) => string | null): Promise<void>;
  /** What the query waits for, or null while it runs. */
  waitingFor(): string | null;
  close(): Promise<void>;
}

const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A run that lived longer than this starts again after the shortest pause. */
const PROVEN_MS = 30_000;
const OURS = /SIGHTLINE EXIT (\d+): ([^\n]*)/;
/** Starting again would only repeat them. */
const FINAL: readonly number[] = [EXIT.usage, EXIT.data_check_failed];

export function runningQuery({ openJob, order, log, now }: QueryPorts): Query {
  let job: SparkJob | null = null;
  let run = 0;
  let pauseMs = SHORTEST_PAUSE_MS;
  let startAt = -Infinity;
  let isStopping = false;
  let isStarted = false;
  let runningSince: number | null = null;
  let waitingFor: string | null = 'Spark starts';

  /** Takes notice that the run is over, for this reason. */
  const over = (fault: string | null): void => {
    const [, code, said] = OURS.exec(fault ?? '') ?? [];
    if (code !== undefined && FINAL.includes(Number(code))) throw new Refusal(Number(code) as ExitCode, said!);
    const livedMs = runningSince === null ? 0 : now() - runningSince;
    pauseMs = livedMs > PROVEN_MS || fault === null ? SHORTEST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    startAt = now() + (fault === null ? 0 : pauseMs);
    runningSince = null;
    isStarted = false;
    isStopping = false;
    waitingFor = fault === null ? 'the query starts again' : `the query has ended: ${said ?? firstLine(fault)}`;
    if (fault !== null) log.warn({ because: said ?? fault }, 'the query has ended, and is started again');
  };
  return {
    async look(mustRestart) {
      job ??= openJob();
      const state = job.state();
      if (state.is === 'gone') {
        const gone = job;
        job = null;
        await gone.close();
        over(state.fault);
      } else if (state.is === 'running') {
        if (runningSince === null) log.info({ run }, 'the query runs');
        runningSince ??= state.since;
        waitingFor = null;
        const because = isStopping ? null : mustRestart(run);
        if (because !== null) {
          log.info({ run, because }, 'the query is started again');
          isStopping = true;
          job.stop();
        }
      } else if (state.is === 'idle') {
        if (isStarted) over(isStopping ? null : (state.fault ?? 'it ended by itself'));
        if (now() < startAt) return;
        isStarted = true;
        run += 1;
        job.start(await order(run));
      }
    },
    waitingFor: () => waitingFor,
    close: async () => job?.close(),
  };
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
