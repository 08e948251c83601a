/**
 * One run: publishes one epoch, in the order of effects (laws L8 and L9).
 *
 *   lock · archive · forward strays · reconcile · stage │ intent │ publish · batch view · compare · manifest · table ·
 *   horizon · prune
 *
 * Before the intent nothing is visible, and a crash costs only the work. After it every effect can be repeated, and the
 * next run finishes what this one began. The horizon moves last, by check-and-put: until then serving reads the speed
 * view alone. publish-epochs.ts and rebuild.ts call `runEpoch` while they hold the lock. Before every step whose effect
 * others see, the run checks the lock; a run that has lost it does none of these steps.
 */
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { AttemptReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { HeldLease } from '../../core/stores/control/lease.ts';
import type { Draft } from '../report/report.ts';
import type { Intent } from '../lake/intent.ts';
import type { RunPlan, Tools } from './prepare.ts';
import type { HashedFile } from '../lake/rows-hash.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { graceAfter } from '../../core/domain/grace.ts';
import { attemptFile, manifestFile, MET } from '../../core/layout/lake.ts';
import { createTable, DETECTION_COLUMNS } from '../../core/layout/lake-columns.ts';
import { EXIT, exitCodeOf, messageOf, Refusal, Retryable } from '../../core/process/errors.ts';
import { Stopped } from '../../core/process/life.ts';
import { runTogether } from '../../core/process/together.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { readRun, RunReport } from '../../core/stores/lake/runs.ts';
import { compare } from '../proof/compare.ts';
import { finishJournals, sweepJournals } from '../archive/journal.ts';
import { publishIntent, readIntent, removeIntent, sweepStaging, writeIntent } from '../lake/intent.ts';
import { StampsAhead } from '../archive/held-partitions.ts';
import { localCopies } from '../lake/local-copies.ts';
import { openOwnFolder } from '../own-folder.ts';
import { prepare } from './prepare.ts';
import { pruneDue } from '../view/prune.ts';
import { publishedEpochs } from '../lake/published-epochs.ts';
import { dropRelations } from '../reconcile/duckdb/reconcile.ts';
import { completeReport } from '../report/report.ts';
import { chainHash, hashLimitsFor, rowsHash } from '../lake/rows-hash.ts';
import { keepTable } from '../table/table.ts';
import { speedProgress } from '../proof/speed-progress.ts';
import { settleRules } from '../epochs/settled-rules.ts';
import { newStepTimes } from './step-times.ts';
import { writeView } from '../view/batch-view.ts';

/** What the steps of a run share. */
interface Run {
  readonly context: BatchContext;
  readonly lease: HeldLease;
  readonly plan: RunPlan;
  readonly tools: Tools;
}

/** Publishes the epoch after the horizon, which must be over. The caller holds the lease. */
export async function runEpoch(
  batch: BatchContext,
  lease: HeldLease,
  horizon: Horizon | null,
  epoch: Epoch,
): Promise<RunReport> {
  const began = performance.now();
  const context = await settleRules(batch, epoch);
  await context.mayCrashAt('locked');
  return withTools(context, { horizon, epoch, isDryRun: false }, async (plan, tools) => {
    const run = { context, lease, plan, tools };
    const pendingIntent = await readIntent(context.hdfs, nameOf(epoch, context.rules));
    await lease.check();
    await finishJournals(context);
    await sweepStaging(context, horizon?.epoch ?? null);
    const intent = pendingIntent ?? (await prepareIntent(run));
    const report = await publish(run, intent, pendingIntent !== null);
    context.metrics.countRun(report, performance.now() - began);
    context.metrics.setHorizon(epoch);
    return report;
  });
}

/** Does everything up to the intent, and writes nothing outside this machine. */
export function dryRun(context: BatchContext, horizon: Horizon | null, epoch: Epoch): Promise<Draft> {
  return withTools(
    context,
    { horizon, epoch, isDryRun: true },
    async (plan, tools) => (await prepare(context, plan, tools)).draft,
  );
}

/** Opens a database and a folder for one piece of work, and removes both when it has ended. */
export async function withTools<T>(
  context: BatchContext,
  { horizon, epoch, isDryRun }: Pick<RunPlan, 'horizon' | 'epoch' | 'isDryRun'>,
  work: (plan: RunPlan, tools: Tools) => Promise<T>,
): Promise<T> {
  const { settings, hdfs, rules } = context;
  const beganAt = Date.now();
  const attempt = `${new Date(beganAt).toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}`;
  const own = await openOwnFolder(settings.workFolder, `${isDryRun ? 'dry-run' : 'attempt'}-${attempt}`);
  const folder = own.path;
  const stepTimes = newStepTimes(context, nameOf(epoch, rules));
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
      keeps: !isDryRun,
    });
    const tools = { duck, copies, published: publishedEpochs(context), speed: speedProgress(context), stepTimes };
    return await work({ epoch, attempt, beganAt, horizon, previous, folder, isDryRun }, tools);
  } catch (fault) {
    if (!isDryRun && !isStoppedByUser(context) && !(fault instanceof StampsAhead))
      await recordAttempt(
        context,
        { epoch: nameOf(epoch, rules), attempt, beganAt, step: stepTimes.current() ?? 'lock' },
        fault,
      );
    throw fault;
  } finally {
    duck.close();
    await own.remove();
  }
}

/** True if a person stopped the process: then the attempt has not failed. */
function isStoppedByUser({ signal }: BatchContext): boolean {
  return signal.aborted && signal.reason instanceof Stopped;
}

async function prepareIntent({ context, lease, plan, tools }: Run): Promise<Intent> {
  const { draft, staged } = await prepare(context, plan, tools);
  await dropRelations(tools.duck);
  return tools.stepTimes.measure('intent', async () => {
    const intent = await writeIntent(context, draft, staged, () => lease.check());
    await context.mayCrashAt('intended');
    return intent;
  });
}

/** Everything after the intent. `isResumed`: a run that died wrote the intent. */
async function publish(run: Run, intent: Intent, isResumed: boolean): Promise<RunReport> {
  const { context, lease, plan, tools } = run;
  const { duck, stepTimes, speed } = tools;
  const { epoch, previous } = plan;
  const { draft } = intent;
  await lease.check();
  await stepTimes.measure('publish', () => publishIntent(context, intent));
  await context.mayCrashAt('published');
  const files = await fetchPublished(tools, intent);
  const published = await publishedTable(duck, files);
  await lease.check();
  await stepTimes.measure('view', () => writeView(context, duck, epoch, published));
  await context.mayCrashAt('view_written');
  const hashes = await stepTimes.measure('hash', () => hashRows(run, files));
  await context.mayCrashAt('hashed');
  const proof = await stepTimes.measure('compare', () =>
    compare(context, duck, { epoch, published, draft, previous, speed }),
  );
  await context.mayCrashAt('compared');
  await lease.check();
  const steps = stepTimes.all().filter(({ step }) => !draft.steps.some((done) => done.step === step));
  const facts = { ...proof, hashes, resumed: isResumed, publishedAt: Date.now(), steps };
  const report = await stepTimes.measure('report', () => writeManifest(context, completeReport(draft, facts)));
  await context.mayCrashAt('reported');
  await lease.check();
  await stepTimes.measure('table', () => keepTable(context, epoch, { checkLock: () => lease.check() }));
  await lease.check();
  await stepTimes.measure('horizon', () => moveHorizon(context, plan, report));
  await context.mayCrashAt('horizon_moved');
  if (await hasLock(context, lease)) await stepTimes.measure('prune', () => cleanUp(run, intent));
  await context.mayCrashAt('pruned');
  return report;
}

/** The epoch is published: without the lock, this run leaves the clean-up to the next one. */
async function hasLock({ log }: BatchContext, lease: HeldLease): Promise<boolean> {
  try {
    await lease.check();
    return true;
  } catch (fault) {
    log.warn({ because: messageOf(fault) }, 'the lock is lost, so the next run cleans up');
    return false;
  }
}

/** Gets local copies of the epoch's detections, whose checksums are the published ones. */
async function fetchPublished({ copies }: Tools, intent: Intent): Promise<HashedFile[]> {
  const files = intent.files.filter(({ path }) => path.startsWith('lake/detections/'));
  return runTogether(
    files.map((file) => async () => ({ path: file.path, rows: file.rows, localFile: await copies.fetch(file) })),
  );
}

/** Returns a table expression (SQL) over these files. */
async function publishedTable(duck: Duck, files: readonly HashedFile[]): Promise<string> {
  if (files.length > 0) return parquet(files.map(({ localFile }) => localFile));
  await duck.run(createTable('nothing_published', DETECTION_COLUMNS));
  return 'nothing_published';
}

async function hashRows(
  { context, plan, tools }: Run,
  files: readonly HashedFile[],
): Promise<Pick<RunReport, 'rows_sha256' | 'chain_sha256'>> {
  const { settings, rules } = context;
  const rows = await rowsHash(tools.duck, files, hashLimitsFor(settings.memoryMb));
  const chain = chainHash(plan.previous?.chain_sha256 ?? null, nameOf(plan.epoch, rules), rows);
  return { rows_sha256: rows, chain_sha256: chain };
}

/** If a killed run has written the manifest, that manifest stays, because readers may have seen it. */
async function writeManifest({ hdfs }: BatchContext, report: RunReport): Promise<RunReport> {
  const written = await readRun(hdfs, report.epoch);
  if (written) return written;
  await hdfs.write(manifestFile(report.epoch), Buffer.from(`${JSON.stringify(RunReport.parse(report), null, 1)}\n`));
  return report;
}

async function moveHorizon(context: BatchContext, { epoch, horizon }: RunPlan, report: RunReport): Promise<void> {
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
  // HBase moved it and the answer got lost, or another run moved it.
  const current = await control.horizon(rules.generation);
  if (current?.epoch === epoch && current.cuts.every((cut, partition) => cut === to.cuts[partition])) return;
  throw new Refusal(
    EXIT.lake_held,
    `This run could not move the horizon to epoch ${report.epoch}: another run has moved it to ` +
      `${current ? nameOf(current.epoch, rules) : 'no epoch'}. Run again: it goes on from there.`,
  );
}

async function cleanUp({ context, plan: { epoch }, tools }: Run, intent: Intent): Promise<void> {
  await removeIntent(context, epoch);
  await sweepJournals(context, epoch);
  const mine = intent.files.filter(({ path }) => path.startsWith(`${MET}/`));
  await tools.copies.keepOnly([...(await tools.published.firstMetBefore(epoch)), ...mine]);
  try {
    await pruneDue(context, Date.now());
  } catch (fault) {
    if (!(fault instanceof Retryable)) throw fault;
    context.log.warn({ because: messageOf(fault) }, 'the speed view could not be pruned, so the next run prunes it');
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
    exit_code: exitCodeOf(fault),
    because: messageOf(fault),
  };
  context.metrics.countFailedRun();
  const write = context.hdfs.write(
    attemptFile(facts.epoch, facts.attempt),
    Buffer.from(`${JSON.stringify(report, null, 1)}\n`),
  );
  await write.catch((writeFault: unknown) =>
    context.log.warn({ because: messageOf(writeFault) }, 'the report of the failed attempt could not be written'),
  );
}
