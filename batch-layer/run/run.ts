/**
 * One run: the publishing of one epoch, in the order of effects (laws L8 and L9).
 *
 *   lock · archive · forward strays · reconcile · stage │ intent │ publish · batch view · compare · manifest · horizon
 *   · prune
 *
 * Left of the intent nothing is visible, and a crash costs the work; right of it every effect can be repeated, and the
 * next run finishes what this one began. The horizon moves last, by check-and-put: until then serving reads the speed
 * view alone. The commands and the scheduler call it with the lock of the lake held; every step that others see done
 * begins with a look whether it still is, and a run that lost it does none of them.
 */
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { AttemptReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { HeldLease } from '../lock/lease.ts';
import type { Draft } from '../report/report.ts';
import type { Intent } from '../lake/intent.ts';
import type { Preparation, Tools } from './prepare.ts';
import type { HashedFile } from '../lake/rows-hash.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { graceAfter } from '../../core/domain/grace.ts';
import { attemptFile, manifestFile, MET } from '../../core/layout/lake.ts';
import { createTable, DETECTION_COLUMNS } from '../../core/layout/lake-columns.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../core/process/errors.ts';
import { Stopped } from '../../core/process/life.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { readRun, RunReport } from '../../core/stores/lake/runs.ts';
import { compare } from '../proof/compare.ts';
import { finishJournals, sweepJournals } from '../archive/journal.ts';
import { publishIntent, readIntent, removeIntent, sweepStaging, writeIntent } from '../lake/intent.ts';
import { StampsAhead } from '../archive/held-partitions.ts';
import { localCopies } from '../lake/local-copies.ts';
import { openOwnFolder } from '../lock/own-folder.ts';
import { prepare } from './prepare.ts';
import { pruneDue } from './prune.ts';
import { publishedEpochs } from '../lake/published-epochs.ts';
import { dropRelations } from '../reconcile/duckdb/reconcile.ts';
import { completeReport } from '../report/report.ts';
import { chainHash, hashLimitsFor, rowsHash } from '../lake/rows-hash.ts';
import { speedProgress } from '../proof/speed-progress.ts';
import { settleRules } from '../epochs/settled-rules.ts';
import { measureSteps } from './step-times.ts';
import { writeView } from '../view/batch-view.ts';

/** Publishes the epoch after the horizon, which must be over. The lease must be held. */
export async function runEpoch(
  before: BatchContext,
  lease: HeldLease,
  horizon: Horizon | null,
  epoch: Epoch,
): Promise<RunReport> {
  const began = performance.now();
  const context = await settleRules(before, epoch);
  await context.reached('locked');
  return withTools(context, horizon, epoch, false, async (plan, tools) => {
    const pending = await readIntent(context.hdfs, nameOf(epoch, context.rules));
    await lease.check();
    await finishJournals(context);
    await sweepStaging(context, horizon?.epoch ?? null);
    const intent = pending ?? (await intend(context, lease, plan, tools));
    const report = await finish(context, lease, plan, tools, intent, pending !== null);
    context.metrics.ran(report, performance.now() - began);
    context.metrics.horizon(epoch);
    return report;
  });
}

/** Everything up to the intent, and nothing outside this machine. */
export function dryRun(context: BatchContext, horizon: Horizon | null, epoch: Epoch): Promise<Draft> {
  return withTools(context, horizon, epoch, true, async (plan, tools) => (await prepare(context, plan, tools)).draft);
}

/** Opens a database and a folder for one piece of work, and leaves nothing behind. */
export async function withTools<T>(
  context: BatchContext,
  horizon: Horizon | null,
  epoch: Epoch,
  isDry: boolean,
  work: (plan: Preparation, tools: Tools) => Promise<T>,
): Promise<T> {
  const { settings, hdfs, rules } = context;
  const beganAt = Date.now();
  const attempt = `${new Date(beganAt).toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}`;
  const own = await openOwnFolder(settings.workFolder, `${isDry ? 'dry-run' : 'attempt'}-${attempt}`);
  const folder = own.path;
  const timed = measureSteps(context, nameOf(epoch, rules));
  const duck = await openDuck({
    memoryMb: settings.memoryMb,
    threads: settings.threads,
    spillFolder: join(folder, 'spill'),
  });
  try {
    const previous = horizon ? await readRun(hdfs, nameOf(horizon.epoch, rules)) : null;
    const copies = localCopies(hdfs, {
      shared: join(settings.workFolder, 'copies'),
      own: join(folder, 'copies'),
      keeps: !isDry,
    });
    const tools = { duck, copies, published: publishedEpochs(context), speed: speedProgress(context), timed };
    return await work({ epoch, attempt, beganAt, horizon, previous, folder, dryRun: isDry }, tools);
  } catch (fault) {
    if (!isDry && !isTold(context) && !(fault instanceof StampsAhead))
      await recordAttempt(
        context,
        { epoch: nameOf(epoch, rules), attempt, beganAt, step: timed.current() ?? 'lock' },
        fault,
      );
    throw fault;
  } finally {
    duck.close();
    await own.remove();
  }
}

/** Whether a person stopped it: then nothing failed. */
function isTold({ signal }: BatchContext): boolean {
  return signal.aborted && signal.reason instanceof Stopped;
}

async function intend(context: BatchContext, lease: HeldLease, plan: Preparation, tools: Tools): Promise<Intent> {
  const { draft, staged } = await prepare(context, plan, tools);
  await dropRelations(tools.duck);
  return tools.timed.step('intent', async () => {
    const intent = await writeIntent(context, draft, staged, () => lease.check());
    await context.reached('intended');
    return intent;
  });
}

async function finish(
  context: BatchContext,
  lease: HeldLease,
  plan: Preparation,
  tools: Tools,
  intent: Intent,
  resumed: boolean,
): Promise<RunReport> {
  const { duck, timed, speed } = tools;
  await lease.check();
  await timed.step('publish', () => publishIntent(context, intent));
  await context.reached('published');
  const files = await publishedFiles(tools, intent);
  const published = await publishedTable(duck, files);
  await lease.check();
  await timed.step('view', () => writeView(context, duck, plan.epoch, published));
  await context.reached('view_written');
  const hashes = await timed.step('hash', () => hashesOf(context, duck, plan, intent, files));
  await context.reached('hashed');
  const compared = await timed.step('compare', () =>
    compare(context, duck, plan.epoch, published, intent.draft, plan.previous, speed),
  );
  await context.reached('compared');
  await lease.check();
  const steps = timed.taken().filter(({ step }) => !intent.draft.steps.some((done) => done.step === step));
  const made = completeReport(intent.draft, { ...compared, hashes, resumed, publishedAt: Date.now(), steps });
  const report = await timed.step('report', () => writeManifest(context, made));
  await context.reached('reported');
  await lease.check();
  await timed.step('horizon', () => moveHorizon(context, plan, report));
  await context.reached('horizon_moved');
  if (await isStillHeld(context, lease)) await timed.step('prune', () => tidy(context, plan, tools, intent));
  await context.reached('pruned');
  return report;
}

/** The epoch is published: what is left to be tidied is the next run's if the lock is not ours any more. */
async function isStillHeld({ log }: BatchContext, lease: HeldLease): Promise<boolean> {
  try {
    await lease.check();
    return true;
  } catch (fault) {
    log.warn({ because: messageOf(fault) }, 'tidying is left to the next run');
    return false;
  }
}

/** The published detections of the epoch, read from copies whose checksums are the published ones. */
async function publishedFiles({ copies }: Tools, intent: Intent): Promise<HashedFile[]> {
  const files = intent.files.filter(({ path }) => path.startsWith('lake/detections/'));
  return Promise.all(
    files.map(async (file) => ({ path: file.path, rows: file.rows, localFile: await copies.of(file) })),
  );
}

async function publishedTable(duck: Duck, files: readonly HashedFile[]): Promise<string> {
  if (files.length > 0) return parquet(files.map(({ localFile }) => localFile));
  await duck.run(createTable('nothing_published', DETECTION_COLUMNS));
  return 'nothing_published';
}

async function hashesOf(
  { settings }: BatchContext,
  duck: Duck,
  { previous }: Preparation,
  { epoch }: Intent,
  files: readonly HashedFile[],
): Promise<Pick<RunReport, 'rows_sha256' | 'chain_sha256'>> {
  const rows = await rowsHash(duck, files, hashLimitsFor(settings.memoryMb));
  return { rows_sha256: rows, chain_sha256: chainHash(previous?.chain_sha256 ?? null, epoch, rows) };
}

/** A manifest that a killed run wrote stands: it is what readers may have seen. */
async function writeManifest({ hdfs }: BatchContext, report: RunReport): Promise<RunReport> {
  const written = await readRun(hdfs, report.epoch);
  if (written) return written;
  await hdfs.write(manifestFile(report.epoch), Buffer.from(`${JSON.stringify(RunReport.parse(report), null, 1)}\n`));
  return report;
}

async function moveHorizon(context: BatchContext, { epoch, horizon }: Preparation, report: RunReport): Promise<void> {
  const { control, rules, settings } = context;
  const publishedAt = Date.now() as Instant;
  const to: Horizon = {
    epoch,
    cuts: report.partitions.map(({ cut }) => cut),
    arrivals: report.partitions.map(({ arrival }) => arrival as Instant),
    publishedAt,
    ...graceAfter(horizon, publishedAt, settings.pruneGraceMs),
  };
  if (await control.moveHorizon(rules.generation, horizon, to)) return;
  // Either the answer got lost on its way, or somebody else moved it.
  const now = await control.horizon(rules.generation);
  if (now?.epoch === epoch && now.cuts.every((cut, partition) => cut === to.cuts[partition])) return;
  throw new Refusal(
    EXIT.lake_held,
    `The horizon is at ${now ? nameOf(now.epoch, rules) : 'nothing'}; epoch ${report.epoch} could not move it. Another run was faster.`,
  );
}

async function tidy(context: BatchContext, { epoch }: Preparation, tools: Tools, intent: Intent): Promise<void> {
  await removeIntent(context, epoch);
  await sweepJournals(context, epoch);
  const mine = intent.files.filter(({ path }) => path.startsWith(`${MET}/`));
  await tools.copies.keepOnly([...(await tools.published.met(epoch)), ...mine]);
  try {
    await pruneDue(context, Date.now());
  } catch (fault) {
    if (!(fault instanceof Retryable)) throw fault;
    context.log.warn({ because: messageOf(fault) }, 'pruning is left to the next run');
  }
}

async function recordAttempt(
  context: BatchContext,
  facts: { epoch: string; attempt: string; beganAt: number; step: string },
  fault: unknown,
): Promise<void> {
  const report: AttemptReport = {
    version: 1,
    epoch: facts.epoch,
    attempt: facts.attempt,
    result: 'failed',
    began_at: facts.beganAt,
    failed_at: Date.now(),
    step: facts.step,
    exit_code: fault instanceof Refusal ? fault.exitCode : fault instanceof Retryable ? EXIT.dependency_down : EXIT.bug,
    because: messageOf(fault),
  };
  context.metrics.failed();
  const write = context.hdfs.write(
    attemptFile(facts.epoch, facts.attempt),
    Buffer.from(`${JSON.stringify(report, null, 1)}\n`),
  );
  await write.catch((unwritten: unknown) =>
    context.log.warn({ because: messageOf(unwritten) }, 'the failed attempt could not be recorded'),
  );
}
