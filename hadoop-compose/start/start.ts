/**
 * The main job on one machine: the stack, the layers, the dashboard and the cameras, from nothing to ready, and back.
 *
 * Order: what takes long and needs nobody goes side by side (daemons, Python's environment, the app's build); then topics, tables
 * and rules; then the layers; the cameras last, when the API can answer, so that the first detection is seen at once. Stopping
 * goes the other way round: the cameras first, so that everything published is also counted, the daemons last.
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CameraStats, Cameras } from '../cameras/cameras.ts';
import { startCameras } from '../cameras/cameras.ts';
import { ensureVenv } from '../cameras/venv.ts';
import { clusterDown } from '../cluster/down.ts';
import { addressesOf } from '../cluster/ports.ts';
import { sayOn } from '../cluster/progress.ts';
import type { Say } from '../cluster/progress.ts';
import { stackFrom } from '../cluster/stack.ts';
import type { Stack } from '../cluster/stack.ts';
import type { SupervisionEvent } from '../cluster/supervise.ts';
import { superviseCluster } from '../cluster/supervise.ts';
import { clusterUp } from '../cluster/up.ts';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { untilStopped } from '../../core/process/life.ts';
import { prepare, recordedEpochSeconds } from '../prepare/prepare.ts';
import { ensureBuilt } from '../../serving/build.ts';
import type { DiskWatch } from './disk.ts';
import { watchDisk } from './disk.ts';
import type { StartOptions } from './options.ts';
import { LAPTOP_EPOCH_SECONDS, partEnvironment } from './options.ts';
import type { Part } from './part.ts';
import { startParts } from './parts.ts';
import type { StatusFacts, StatusLine } from './status-line.ts';
import { statusLine } from './status-line.ts';

export const PLACES = fileURLToPath(new URL('../cameras/places.csv', import.meta.url));
const APP_READY_LIMIT_MS = 120_000;

/** Runs until the signal; returns the exit code. */
export async function start(options: StartOptions, signal: AbortSignal): Promise<number> {
  const stack = stackFrom();
  const say = sayOn();
  const addresses = addressesOf(stack.ports);
  const settings = readConfig(partEnvironment(process.env, addresses, options.epochSeconds ?? LAPTOP_EPOCH_SECONDS));
  await refuseTakenPort(settings.PORT);
  const started = await setUp(stack, say, signal);
  try {
    const seconds = options.epochSeconds ?? (await recordedEpochSeconds(settings)) ?? LAPTOP_EPOCH_SECONDS;
    const environment = partEnvironment(process.env, addresses, seconds);
    const config = readConfig(environment);
    await prepare(config, say, options.places ?? PLACES);
    await run({ options, stack, config, environment, say }, signal);
  } finally {
    if (started > 0) await clusterDown(stack, say);
    else say('cluster', 'was up before and stays up; "npx sightline cluster down" stops it');
  }
  return EXIT.done;
}

/** What takes long and needs nobody, side by side; if one fails, the others are not left behind. Returns how many daemons were started. */
async function setUp(stack: Stack, say: Say, signal: AbortSignal): Promise<number> {
  const failed = new AbortController();
  const onFault = (fault: unknown): never => {
    failed.abort(fault);
    throw fault;
  };
  const cluster = clusterUp(stack, say, AbortSignal.any([signal, failed.signal]));
  const outcomes = await Promise.allSettled([cluster, ensureVenv({ say }), ensureBuilt(say)].map((work) => work.catch(onFault)));
  const started = await cluster.then(({ started: daemons }) => daemons.length, () => 0);
  if (outcomes.every(({ status }) => status === 'fulfilled')) return started;
  if (started > 0) await clusterDown(stack, say);
  throw failed.signal.reason;
}

interface Running {
  readonly options: StartOptions;
  readonly stack: Stack;
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  readonly say: Say;
}

async function run({ options, stack, config, environment, say }: Running, signal: AbortSignal): Promise<void> {
  const address = `http://${config.BIND}:${config.PORT}`;
  const facts: StatusFacts = { cameras: null, paused: null, freeBytes: 0 };
  const refused = new AbortController();
  const stop = AbortSignal.any([signal, refused.signal]);
  const over = new AbortController();
  let line: StatusLine | null = null;
  const tell = (text: string): void => (line ? line.event(text) : void process.stderr.write(`${text}\n`));
  const parts = startParts({ workers: options.workers, environment, folder: `${stack.folder}/logs` }, tell, refused);
  let cameras: Cameras | null = null;
  let disk: DiskWatch | null = null;
  try {
    await becomeReady(`${address}/readyz`, stop);
    say('app', `answers at ${address}`);
    const onStats = (stats: CameraStats): void => void (facts.cameras = stats);
    cameras = options.rate > 0 ? await startCameras(cameraArguments(options, config), { environment, onStats }) : null;
    disk = await watchDisk(stack.folder, options.reserveGigabytes, diskHooks(() => cameras, facts, options, tell));
    process.stdout.write(`Sightline is ready: ${address}\n`);
    line = statusLine(`${address}/api/v1/trust`, () => ({ ...facts, freeBytes: disk?.freeBytes() ?? 0 }));
    void superviseCluster({ stack, signal: over.signal, onEvent: (event) => tell(described(event)) });
    void cameras?.ended.then((code) => code !== 0 && tell(`cameras: ended with ${code}`));
    await untilStopped(stop);
  } finally {
    line?.stop();
    disk?.stop();
    over.abort();
    await stopAll(cameras, parts, say);
  }
  if (refused.signal.aborted) throw refused.signal.reason;
}

async function stopAll(cameras: Cameras | null, parts: readonly Part[], say: Say): Promise<void> {
  if (cameras) {
    say('cameras', 'stopping; copies on their way are sent first');
    cameras.stop();
    await cameras.ended;
  }
  say('parts', `stopping ${parts.map(({ name }) => name).join(', ')}`);
  await Promise.all(parts.map((part) => part.stop()));
}

function cameraArguments(options: StartOptions, config: Config): string[] {
  return [
    `--brokers=${config.KAFKA_BROKERS}`,
    `--topic=${config.KAFKA_TOPIC}`,
    `--rate=${options.rate}`,
    `--copies=${options.copies}`,
    ...(options.truth ? [`--truth=${options.truth}`] : []),
  ];
}

function diskHooks(cameras: () => Cameras | null, facts: StatusFacts, options: StartOptions, tell: (text: string) => void) {
  return {
    onShort(): void {
      facts.paused = `cameras paused: less than ${options.reserveGigabytes} GB of disk free`;
      tell(facts.paused);
      cameras()?.pause();
    },
    onRoom(): void {
      facts.paused = null;
      tell('cameras go on: the disk has room again');
      cameras()?.resume();
    },
  };
}

function described(event: SupervisionEvent): string {
  if (event.kind === 'taken down') return 'the stack was taken down from elsewhere';
  if (event.kind === 'died') {
    const lastLine = event.lastWords.trim().split('\n').at(-1)?.trim() ?? '';
    return `${event.daemon} died and is started again in ${(event.againInMs / 1_000).toFixed(1)} s; its log ends with: ${lastLine.slice(0, 200)}`;
  }
  if (event.kind === 'failed') return `${event.daemon} could not be started: ${event.reason}`;
  return event.kind === 'ready' ? `${event.daemon} is ready again` : `${event.daemon} is started`;
}

async function becomeReady(url: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + APP_READY_LIMIT_MS;
  let last = 'it does not answer';
  while (Date.now() < deadlineMs) {
    signal.throwIfAborted();
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) });
      if (response.ok) return;
      last = `${response.status} ${(await response.text()).slice(0, 300)}`;
    } catch {
      signal.throwIfAborted();
    }
    await pause(200, undefined, { signal });
  }
  throw new Refusal(EXIT.dependency_down, `The app was not ready after ${APP_READY_LIMIT_MS / 1_000} s: ${last}`);
}

async function refuseTakenPort(port: number): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
  if (taken) {
    throw new Refusal(EXIT.dependency_down, `Port ${port} for the dashboard is taken, perhaps by another "npm start"; PORT chooses another.`);
  }
}
