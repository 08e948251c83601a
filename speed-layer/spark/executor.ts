/**
 * The process that decides what Spark reads: a speed worker whose records come from the tasks of one executor, on
 * standard input (frames.ts).
 *
 * java/sightline/speed/NodeProcess.java starts it (executor-main.ts) and reads its answers from standard output.
 * Parser, decisions, layout and clients are those of a worker, so both engines write the same bytes. It ends with its
 * standard input, after the round in flight; if it dies, its tasks fail and Spark's next task starts another one.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { exitCodeOf, messageOf } from '../../core/process/errors.ts';
import { createLog } from '../../core/process/log.ts';
import type { LogReader } from '../../core/stores/kafka/types.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Worker } from '../layer.ts';
import { HBASE_DEADLINES, openLayer, openWorker, paceOf } from '../layer.ts';
import { openParts } from '../open-parts.ts';
import type { RoundPorts } from '../round-ports.ts';
import { runWorker } from '../worker.ts';
import type { Frame } from './frames.ts';
import { failedFrame, frameReader } from './frames.ts';
import type { Intake } from './intake.ts';
import { sparkIntake } from './intake.ts';
import { ReportAddress, sendReport } from './reports.ts';

/** What the supervisor gives every executor; it travels with the tasks. */
export const ExecutorSettings = z.object({
  environment: z.record(z.string(), z.string()),
  reports: ReportAddress,
  /** Whether this is the only executor. */
  isAlone: z.boolean(),
});
export type ExecutorSettings = Readonly<z.infer<typeof ExecutorSettings>>;

const REPORT_EVERY_MS = 1_000;

export interface Streams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** `reached` hears of each step of a round; in tests it may end the process. */
export async function runExecutor(
  { input, output }: Streams,
  environment: NodeJS.ProcessEnv,
  reached: RoundPorts['reached'] = () => undefined,
): Promise<void> {
  const ended = new AbortController();
  const failure = new AbortController();
  const frames = receiveFrames(input, (thrown) => (thrown ? failure.abort(thrown) : ended.abort()));
  const answer = (frame: Buffer): void => void output.write(frame);
  try {
    const settings = await frames.settings;
    await decide(readConfig({ ...environment, ...settings.environment }), {
      settings,
      frames,
      answer,
      ended,
      failure,
      reached,
    });
  } catch (thrown) {
    if (ended.signal.aborted) return;
    answer(failedFrame(0, exitCodeOf(thrown), messageOf(thrown)));
    throw thrown;
  }
}

interface Deciding {
  readonly settings: ExecutorSettings;
  readonly frames: Frames;
  readonly answer: (frame: Buffer) => void;
  /** Aborted at the end of the input. */
  readonly ended: AbortController;
  readonly failure: AbortController;
  readonly reached: RoundPorts['reached'];
}

async function decide(config: Config, deciding: Deciding): Promise<void> {
  const { settings, frames, answer, ended, failure, reached } = deciding;
  const log = createLog('speed-executor', config.LOG_LEVEL);
  const parts = openParts(log);
  const { signal } = ended;
  try {
    const worker = openWorker(config, log, parts, AbortSignal.any([signal, failure.signal]));
    const { holdings, persist } = worker;
    const options = { ...HBASE_DEADLINES, checksRowLife: true };
    const stores = parts.add(await persist(() => openStores(config, options)));
    const reader = parts.add(logReader(config, config.KAFKA_GROUP));
    let intake: Intake | null = null;
    const ports = await openLayer(config, worker, stores, {
      open: async (hooks) => {
        const { progress } = holdings;
        const hasRecords = recordsIn(reader);
        const intakePorts = { answer, progress, hooks, hasRecords, isAlone: settings.isAlone };
        return (intake = sparkIntake(intakePorts, frames.receive));
      },
      // A partition may be another executor's by now, and this progress old: the supervisor watches the ranges.
      watched: new Map(),
    });
    const report = reporter(worker, settings);
    const reporting = setInterval(() => void report(intake), REPORT_EVERY_MS);
    parts.add({ close: async () => clearInterval(reporting) });
    log.info('deciding');
    await runWorker({ ...ports, reached }, { holdings, pace: paceOf(config), signal, failure });
    await report(intake);
  } finally {
    await parts.closeAll();
    log.info('stopped');
  }
}

const NAME = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;

/**
 * Where Spark keeps what an executor writes to standard error: YARN names the folder, a worker of Spark's own cluster
 * starts executors in it. On one machine it is the supervisor's log.
 */
function logFileOf({ LOG_DIRS }: NodeJS.ProcessEnv, isAlone: boolean): string | null {
  return isAlone ? null : join(LOG_DIRS?.split(',')[0] ?? process.cwd(), 'stderr');
}

function reporter({ registry, readiness, holdings, log }: Worker, { reports, isAlone }: ExecutorSettings) {
  const who = { name: NAME, host: hostname(), pid: process.pid, logFile: logFileOf(process.env, isAlone) };
  let isHeard = true;
  return async (intake: Intake | null): Promise<void> => {
    const because = await sendReport(reports, {
      ...who,
      waitsFor: holdings.progress.size === 0 ? null : readiness.reason(),
      dropped: intake?.dropped() ?? [],
      metrics: (await registry.getMetricsAsJSON()) as { name: string }[],
    });
    if (because !== null && isHeard)
      log.warn({ url: reports.url, because }, 'the supervisor does not hear this process');
    isHeard = because === null;
  };
}

function recordsIn(reader: Pick<LogReader, 'read'>) {
  return async (partition: number, from: number, before: number): Promise<boolean> => {
    for await (const { records } of reader.read(partition, from)) {
      const [first] = records;
      if (first) return first.offset < before;
    }
    return false;
  };
}

interface Frames {
  /** What the first frame holds. */
  readonly settings: Promise<ExecutorSettings>;
  /** Hands over the frames that have come, and each that comes. */
  readonly receive: (take: (frame: Frame) => void) => void;
}

/** `end` hears of the end of the input, or of a fault in it. */
function receiveFrames(input: NodeJS.ReadableStream, end: (thrown?: unknown) => void): Frames {
  const early: Frame[] = [];
  let take = (frame: Frame): void => void early.push(frame);
  const read = frameReader();
  const settings = new Promise<ExecutorSettings>((resolve, reject) => {
    let isFirst = true;
    input.on('data', (chunk: Buffer) => {
      try {
        for (const frame of read(chunk)) {
          if (!isFirst) take(frame);
          else if (frame.kind === 'settings') resolve(ExecutorSettings.parse(frame.settings));
          else throw new Error(`The first frame is of kind ${frame.kind}; the settings were expected.`);
          isFirst = false;
        }
      } catch (thrown) {
        reject(thrown as Error);
        end(thrown);
      }
    });
    input.on('end', () => {
      reject(new Error('The input ended before the settings came.'));
      end();
    });
  });
  return {
    settings,
    receive: (next) => {
      take = next;
      early.splice(0).forEach(next);
    },
  };
}
