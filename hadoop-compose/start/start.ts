/**
 * The main job on one machine: the stack, the layers, the dashboard and the cameras, from nothing to ready, and back.
 *
 * Order: first the long steps that do not depend on each other, side by side (daemons, Python's environment, the app's
 * build); then topics, tables and rules; then the layers; last the cameras, when the API answers and a worker counts,
 * so that a person sees the first detection at once. Stopping goes the other way round (stopping.ts), and may begin at
 * any of these steps.
 * The daemons are stopped if this start launched one of them, or took them over from a start that was killed.
 */
import { connect } from 'node:net';
import { resolve } from 'node:path';
import type { CameraStats, Cameras } from '../cameras/cameras.ts';
import { startCameras } from '../cameras/cameras.ts';
import { ensureVenv } from '../cameras/venv.ts';
import { clusterDown } from '../cluster/down.ts';
import { fetchJars } from '../cluster/jars.ts';
import { markOfPart } from '../cluster/left-behind.ts';
import { findObservers, OBSERVE_PORTS } from '../cluster/observers.ts';
import { refuseTakenPorts } from '../cluster/taken-ports.ts';
import { addressesIn, storesIn, withRowStore } from '../stack/row-store.ts';
import { sayOn } from '../../core/process/step-log.ts';
import type { Say } from '../../core/process/step-log.ts';
import { footageFolder, stackFrom } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { becomeStarter, forgetStarter, starterOf } from '../cluster/starter.ts';
import type { SupervisionEvent } from '../cluster/supervise.ts';
import { superviseCluster } from '../cluster/supervise.ts';
import { clusterUp } from '../cluster/up.ts';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import { reachable } from '../../core/process/host-port.ts';
import type { StopOrders } from '../../core/process/life.ts';
import { untilStopped } from '../../core/process/life.ts';
import { recordedEpochSeconds } from '../../admin/prepare/prepare.ts';
import { readPlaces } from '../../admin/reference/places.ts';
import { ensureBuilt } from '../../serving/server/build.ts';
import { ensureEngine } from '../spark/command.ts';
import type { DiskWatch } from './disk.ts';
import { watchDisk } from './disk.ts';
import { watchFootage } from './footage-facts.ts';
import { ensureKerberos } from '../secured/kerberos-package.ts';
import { frontOf } from './front.ts';
import type { Identities } from './identities.ts';
import { identitiesOf, prepareStores } from './identities.ts';
import type { StartOptions } from './options.ts';
import { LAPTOP_EPOCH_SECONDS, partEnvironment, refuseTogether, speedCommands } from './options.ts';
import { canAnalyse, startParts, targetOf } from './parts.ts';
import type { StatusFacts, StatusLine } from './status-line.ts';
import { statusLine } from './status-line.ts';
import { becomeReady, sayObservers, somebodyCounts } from './ready.ts';
import { stopAll, unlessStopped, withLimit } from './stopping.ts';
import { takeOver } from './take-over.ts';

const RISE_SECONDS = 20;

/** Runs until told to stop; returns the exit code. */
export async function start(options: StartOptions, given: StopOrders): Promise<number> {
  refuseTogether(options);
  const chosen = stackFrom(process.env, { isSecured: options.secured === true });
  const stack = withRowStore(chosen, { stores: storesIn(process.env), ...options });
  const say = sayOn();
  const orders = withLimit(given, say);
  const addresses = addressesIn(stack);
  const settings = readConfig(partEnvironment(process.env, addresses, options.epochSeconds ?? LAPTOP_EPOCH_SECONDS));
  if (settings.TLS_CERT_FILE)
    throw new Refusal(
      EXIT.usage,
      '"npm start" serves this machine over http, or with --secured over TLS with a certificate of the stack; ' +
        'TLS_CERT_FILE and TLS_KEY_FILE are for "sightline serve"',
    );
  const places = readPlaces(options.places);
  const footageIn = resolve(process.env.FOOTAGE_FOLDER || footageFolder(stack));
  const hasTakenOver = await takeOver(stack, footageIn, say, orders);
  let isUp = false;
  try {
    await refuseTakenPort(settings);
    if (options.observe) {
      findObservers();
      await refuseTakenPorts(stack, OBSERVE_PORTS);
    }
    const { engine } = options;
    if (stack.isSecured) await ensureKerberos(say);
    await setUp({ stack, say, hasTakenOver, footage: options.footage === true, engine }, orders);
    isUp = true;
    const others = { ...process.env, FOOTAGE_FOLDER: footageIn };
    const first = identitiesOf(stack, others, options.epochSeconds ?? LAPTOP_EPOCH_SECONDS);
    const recorded = options.epochSeconds ?? (await unlessStopped(orders.stop, recordedEpochSeconds(first.config)));
    const identities = identitiesOf(stack, others, recorded ?? LAPTOP_EPOCH_SECONDS);
    await unlessStopped(orders.stop, prepareStores(stack, identities, { say, places, stop: orders.stop }));
    await run({ options, stack, identities, say }, orders);
  } finally {
    if (starterOf(stack)?.state === 'this process') await clusterDown(stack, say, orders.hurry);
    else if (isUp) say('cluster', 'was up before and stays up; "npx sightline cluster down" stops it');
  }
  return EXIT.done;
}

interface SetUp {
  readonly stack: Stack;
  readonly say: Say;
  readonly hasTakenOver: boolean;
  /** Whether Flume and what the cameras draw with are needed. */
  readonly footage: boolean;
  readonly engine: StartOptions['engine'];
}

/** The long steps that do not depend on each other, side by side; if one fails, the others are ended too. */
async function setUp({ stack, say, hasTakenOver, footage, engine }: SetUp, { stop, hurry }: StopOrders): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([stop, failed.signal]);
  const onFault = (fault: unknown): never => {
    failed.abort(fault);
    throw fault;
  };
  const onMissing = (missing: readonly string[]): void => void (missing.length > 0 && becomeStarter(stack));
  const cluster = clusterUp(stack, say, signal, { hurry, onMissing }).catch((fault: unknown) => {
    // It has stopped what it had launched; what ran before is left alone, unless it was taken over.
    if (!hasTakenOver) forgetStarter(stack);
    throw fault;
  });
  const outcomes = await Promise.allSettled(
    [
      cluster
        .then(() => (footage ? fetchJars(stack, say, signal, ['flume']) : undefined))
        .then(() => (engine === 'spark' ? ensureEngine(process.env, say, signal) : undefined)),
      ensureVenv({ say, signal, footage }),
      ensureBuilt(say, signal),
    ].map((work) => work.catch(onFault)),
  );
  if (outcomes.some(({ status }) => status === 'rejected')) throw failed.signal.reason;
}

interface Running {
  readonly options: StartOptions;
  readonly stack: Stack;
  readonly identities: Identities;
  readonly say: Say;
}

async function run({ options, stack, identities, say }: Running, orders: StopOrders): Promise<void> {
  const { config, environment } = identities;
  const { address, ask } = frontOf(stack, config);
  const facts: StatusFacts = { cameras: null, paused: null, footage: null, freeBytes: 0 };
  const refused = new AbortController();
  const stop = AbortSignal.any([orders.stop, refused.signal]);
  const over = new AbortController();
  let line: StatusLine | null = null;
  const tell = (text: string): void => (line ? line.event(text) : void process.stderr.write(`${text}\n`));
  const { observe: observes = false, footage = false } = options;
  const analyses = footage && canAnalyse(config, say);
  const speed = speedCommands(options);
  const parts = startParts({ speed, observes, footage, analyses, environment, stack }, tell, refused);
  let cameras: Cameras | null = null;
  let disk: DiskWatch | null = null;
  let supervision: Promise<void> | null = null;
  const stopWatching = footage ? watchFootage(stack, (found) => void (facts.footage = found)) : null;
  try {
    await becomeReady(`${address}/readyz`, stop, (signal) => ask('/readyz', signal));
    say('app', `answers at ${address}`);
    if (options.observe) await sayObservers(stack, say, stop);
    if (options.rate > 0) await somebodyCounts(stack, speed.length, say, stop);
    const onStats = (stats: CameraStats): void => void (facts.cameras = stats);
    const partOf = markOfPart(stack, 'cameras');
    cameras =
      options.rate > 0
        ? await startCameras(cameraArguments(options, config), {
            environment: { ...environment('cameras'), ...targetOf(stack, 'cameras') },
            access: readConfig(environment('cameras')).KAFKA_ACCESS,
            onStats,
            partOf,
            signal: stop,
          })
        : null;
    disk = await watchDisk(
      stack.folder,
      options.reserveGigabytes,
      diskHooks(() => cameras, facts, options, tell),
    );
    process.stdout.write(`Sightline is ready: ${address}\n`);
    const askTrust = (signal: AbortSignal): ReturnType<typeof ask> => ask('/api/v1/trust', signal);
    line = statusLine(askTrust, () => ({ ...facts, freeBytes: disk?.freeBytes() ?? 0 }));
    supervision = superviseCluster({ stack, signal: over.signal, onEvent: (event) => tell(describe(event)) });
    supervision.catch((fault: unknown) => tell(`the daemons are not watched: ${messageOf(fault)}`));
    void cameras?.ended.then((code) => code !== 0 && tell(`cameras: ended with ${code}`));
    await untilStopped(stop);
  } finally {
    line?.stop();
    disk?.stop();
    stopWatching?.();
    over.abort();
    await stopAll(cameras, parts, say, orders.hurry);
    // A daemon that is being started again just now is seen by who stops them all only when it is there.
    await supervision?.catch(() => undefined);
  }
  if (refused.signal.aborted) throw refused.signal.reason;
}

function cameraArguments(options: StartOptions, config: Config): string[] {
  return [
    `--brokers=${config.KAFKA_BROKERS}`,
    `--topic=${config.KAFKA_TOPIC}`,
    `--rate=${options.rate}`,
    `--rise-seconds=${RISE_SECONDS}`,
    // Any free port; the file of the target names it.
    '--metrics-port=0',
    `--copies=${options.copies}`,
    ...(options.footage
      ? [`--footage=${config.FOOTAGE_FOLDER}`, `--frames-per-second=${options.framesPerSecond}`]
      : []),
    ...(options.truth ? [`--truth=${options.truth}`] : []),
  ];
}

function diskHooks(
  cameras: () => Cameras | null,
  facts: StatusFacts,
  options: StartOptions,
  tell: (text: string) => void,
) {
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

function describe(event: SupervisionEvent): string {
  if (event.kind === 'taken down') return 'the stack was taken down from elsewhere';
  if (event.kind === 'died') {
    const lastLine = event.lastWords.trim().split('\n').at(-1)?.trim() ?? '';
    return (
      `${event.daemon} died and is started again in ${(event.againInMs / 1_000).toFixed(1)} s; its log ends with: ` +
      `${lastLine.slice(0, 200)}`
    );
  }
  if (event.kind === 'failed') return `${event.daemon} could not be started: ${event.reason}`;
  return event.kind === 'ready' ? `${event.daemon} is ready again` : `${event.daemon} is started`;
}

async function refuseTakenPort({ BIND, PORT: port }: Pick<Config, 'BIND' | 'PORT'>): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: reachable(BIND), port });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
  if (taken) {
    throw new Refusal(
      EXIT.dependency_down,
      `Port ${port} for the dashboard is taken, perhaps by another "npm start"; PORT chooses another.`,
    );
  }
}
