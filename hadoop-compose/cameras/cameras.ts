/**
 * The running cameras as one value: started, paused, resumed and stopped.
 *
 * `sightline produce` gives them its terminal; `npm start` reads their statistics, one line of JSON a second. The
 * Python process leads a process group of its own, so that a Ctrl-C reaches it only through us. It stops by itself when
 * this process is gone.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { KafkaAccess } from '../../core/process/kafka-access.ts';
import { cameraConfig } from '../../core/stores/kafka/access-config.ts';
import { ensureVenv } from './venv.ts';

/** What the cameras say every second; counts are since they were started. */
export interface CameraStats {
  /** Epoch milliseconds. */
  readonly t: number;
  /** `waiting`: Kafka does not answer. */
  readonly state: 'running' | 'paused' | 'waiting';
  /** Records acknowledged in the last second. */
  readonly rate: number;
  readonly sent: number;
  readonly new: number;
  readonly copies: number;
  readonly poison: number;
  readonly acked: number;
  readonly strays: number;
  readonly failed: number;
  /** Sent and not acknowledged yet. */
  readonly outstanding: number;
  /** Pictures and films handed over, and those that could not be. */
  readonly footage: number;
  readonly footage_lost: number;
  /** Copies that will be sent later. */
  readonly waiting_copies: number;
}

export interface Cameras {
  readonly process: ChildProcess;
  /** The exit code: 0 done, 2 usage, 5 Kafka is away, 128 + n after signal n. */
  readonly ended: Promise<number>;
  pause(): void;
  resume(): void;
  /**
   * Sends the waiting copies, takes the last acknowledgements and ends within about ten seconds; resolves with the exit
   * code. When the signal says to hurry it leaves what waits, and is killed if that takes two seconds.
   */
  stop(hurry?: AbortSignal): Promise<number>;
}

export interface CameraWishes {
  readonly environment?: NodeJS.ProcessEnv;
  /** Takes the statistics line of every second (adds `--stats`); without it the cameras use our own standard output. */
  readonly onStats?: (stats: CameraStats) => void;
  /** Which `npm start` they belong to (cluster/left-behind.ts). */
  readonly partOf?: string;
  /** How Kafka is entered; absent: in plain text. */
  readonly access?: KafkaAccess;
  /** Ends the making of Python's environment. */
  readonly signal?: AbortSignal;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const HURRIED_LIMIT_MS = 2_000;
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Starts the producer with these arguments (those of `sightline produce`, with `--brokers` and `--topic`). */
export async function startCameras(args: readonly string[], wishes: CameraWishes = {}): Promise<Cameras> {
  const environment = wishes.environment ?? process.env;
  const { onStats, partOf, signal } = wishes;
  const footage = args.some((arg) => arg.startsWith('--footage='));
  const python = await ensureVenv({ environment, footage, ...(signal ? { signal } : {}) });
  const child = spawn(
    python,
    [
      '-m',
      'sightline_cameras',
      '--stop-with-parent',
      ...(partOf ? [`--part-of=${partOf}`] : []),
      ...args,
      ...(onStats ? ['--stats'] : []),
    ],
    {
      detached: true,
      stdio: ['ignore', onStats ? 'pipe' : 'inherit', 'inherit'],
      env: {
        ...environment,
        ...(wishes.access ? { SIGHTLINE_KAFKA_PROPERTIES: JSON.stringify(cameraConfig(wishes.access)) } : {}),
        PYTHONPATH: here,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUTF8: '1',
      },
    },
  );
  if (onStats && child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => onStats(JSON.parse(line) as CameraStats));
  }
  const ended = new Promise<number>((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code, signal) => done(code ?? 128 + (signal ? (SIGNAL_NUMBERS[signal] ?? 0) : 0)));
  });
  return {
    process: child,
    ended,
    pause: () => void child.kill('SIGUSR1'),
    resume: () => void child.kill('SIGUSR2'),
    async stop(hurry) {
      let late: NodeJS.Timeout | undefined;
      const quicken = (): void => {
        child.kill('SIGTERM');
        late = setTimeout(() => child.kill('SIGKILL'), HURRIED_LIMIT_MS);
      };
      child.kill('SIGTERM');
      if (hurry?.aborted) quicken();
      hurry?.addEventListener('abort', quicken, { once: true });
      try {
        return await ended;
      } finally {
        clearTimeout(late);
        hurry?.removeEventListener('abort', quicken);
      }
    },
  };
}
