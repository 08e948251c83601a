/**
 * Rebuild: makes the lake and the batch view again from the archive alone, as a new generation with a root of its own,
 * then switches to it (laws L9, L10).
 *
 *   epoch after epoch from the old archive · its first-met rows · what is archived of open epochs · the speed layer
 *   counts on │ switch
 *
 * Before the switch nothing of the old generation is changed, and readers see nothing of the new one. If the process is
 * killed, the next rebuild goes on. The old generation may publish meanwhile: the rebuild takes the lock of the lake
 * for the last epochs only. If rows differ from those that were published, it stops before the switch, unless the rules
 * have changed or the command accepts differences.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { HeldLease } from '../../core/stores/control/lease.ts';
import type { ArchivedLog } from './archived-log.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { epochAt, nameOf, startOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { readChain, retainedIn } from '../../core/stores/lake/changes.ts';
import { archiveNow } from '../archive/archive-now.ts';
import { writeFirstMet } from './first-met-rows.ts';
import { lastWholeEpoch } from '../epochs/first-epoch.ts';
import { archivedLog, checkRawFiles } from './archived-log.ts';
import { runEpoch } from '../run/run.ts';
import { nextEpoch, horizonOf } from '../epochs/next-epochs.ts';
import { makeChange, nextChange } from '../changes/change.ts';
import { isBeyondRebuild, lastRetained } from '../changes/retained.ts';
import { switchTo } from '../lock/switch.ts';
import { withLakeLock } from '../lock/lake-lock.ts';

export interface Rebuilt {
  readonly generation: number;
  readonly horizon: string;
  readonly epochs: number;
  readonly rows: number;
  /**
   * Epochs whose rows differ from those that were published; empty if the rules changed, so that none is comparable.
   */
  readonly different: readonly string[];
  readonly switched: boolean;
}

export interface RebuildOptions {
  readonly keepsOld: boolean;
  readonly acceptsDifferences: boolean;
  readonly onPublished: (report: RunReport) => void;
  /**
   * Counts the records after the new horizon with a worker of the new generation, which runs until `work` has ended.
   */
  recount(fresh: BatchContext, work: () => Promise<void>): Promise<void>;
}

/** The caller holds the lock of rebuilds; `fresh` works for the new generation with its own root. */
export async function rebuild(
  old: BatchContext,
  fresh: BatchContext,
  lease: HeldLease,
  options: RebuildOptions,
): Promise<Rebuilt> {
  await catchUp(old, fresh, lease, options);
  if (!options.keepsOld) await writeFirstMet(fresh);
  return withLakeLock(old, async (locked, lakeLease) => {
    const log = await catchUp(locked, fresh, lease, options);
    const rebuilt = await summarizeRebuild(locked, fresh, log);
    if (rebuilt.different.length > 0 && !options.acceptsDifferences) throw differencesRefusal(rebuilt);
    if (options.keepsOld) return rebuilt;
    await carryOrders(locked, fresh, lease);
    await archiveNow(withArchiveAsLog(fresh, log), lease);
    await writeFirstMet(fresh);
    await putFirstProgress(fresh);
    await options.recount(fresh, async () => {
      await fresh.mayCrashAt('recounted');
      await lease.check();
      await lakeLease.check();
      await switchTo(locked, old.rules, fresh.rules);
    });
    return { ...rebuilt, switched: true };
  });
}

/** Throws unless there is an epoch to rebuild and all raw files are of this log life. Call it before recording. */
export async function checkRebuildable(old: BatchContext, newRules: RecordedRules): Promise<void> {
  await findLastEpoch(old, newRules);
  await checkRetained(old);
  await checkRawFiles(old);
}

async function findLastEpoch(
  old: BatchContext,
  newRules: RecordedRules,
): Promise<{ oldHorizon: Horizon; last: Epoch }> {
  const oldHorizon = await horizonOf(old);
  const last = oldHorizon && lastWholeEpoch(oldHorizon, old.rules, newRules);
  if (!oldHorizon || last === null)
    throw new Refusal(
      EXIT.nothing_to_do,
      'No published epoch can be rebuilt: none of the new length ends before the horizon',
    );
  return { oldHorizon, last };
}

/** Somebody asked for more than a rebuild can bear (changes/retain.ts). */
async function checkRetained(old: BatchContext): Promise<void> {
  const retained = retainedIn(await readChain(old.hdfs));
  if (retained === null || !isBeyondRebuild(retained, old.rules)) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `"batch retain --beyond-rebuild" has removed the raw files of epochs up to ${retained.raw_up_to}, and the lake ` +
      'has detections that a rebuild would lose. Nothing was changed.',
  );
}

/** Publishes every epoch of the new rules that ends with the old horizon or before it. */
async function catchUp(
  old: BatchContext,
  fresh: BatchContext,
  lease: HeldLease,
  { onPublished }: RebuildOptions,
): Promise<ArchivedLog> {
  const { oldHorizon, last } = await findLastEpoch(old, fresh.rules);
  const log = await archivedLog(old, oldHorizon);
  for (;;) {
    const horizon = await horizonOf(fresh);
    const epoch = nextEpoch(horizon, fresh.rules);
    if (epoch > last) return log;
    onPublished(await runEpoch(await withFormerLocations(old, fresh, log, epoch), lease, horizon, epoch));
  }
}

/** The context of the new generation, with the old archive instead of the log. */
function withArchiveAsLog(fresh: BatchContext, { reader, ends }: ArchivedLog): BatchContext {
  const { firstOffsets } = fresh.rules;
  const archived = ends.map((high, partition) => ({ partition, low: firstOffsets[partition] ?? 0, high }));
  return {
    ...fresh,
    reader,
    fromArchive: true,
    admin: { ...fresh.admin, ends: async () => archived },
    settings: { ...fresh.settings, speedWaitMs: 0 },
  };
}

/** The same context, with dataset B as it was when the records of the epoch were first published. */
async function withFormerLocations(
  old: BatchContext,
  fresh: BatchContext,
  log: ArchivedLog,
  epoch: Epoch,
): Promise<BatchContext> {
  const lastInstant = startOf((epoch + 1) as Epoch, fresh.rules) - 1;
  const former = await log.locationsAt(lastInstant);
  const before = await log.manifest(epochAt(lastInstant, old.rules));
  const { control, locations } = fresh;
  const version = before?.reference_version ?? null;
  const reference: typeof control.reference = async () =>
    former && version !== null ? { version, locations: former.length, loadedAt: 0 as Instant } : control.reference();
  return {
    ...withArchiveAsLog(fresh, log),
    locations: { ...locations, all: async () => former ?? locations.all() },
    control: { ...control, reference },
  };
}

async function summarizeRebuild(old: BatchContext, fresh: BatchContext, log: ArchivedLog): Promise<Rebuilt> {
  const { rules } = fresh;
  const horizon = (await horizonOf(fresh))!;
  const isComparable =
    rules.epochSeconds === old.rules.epochSeconds && rules.dedupWindowDays === old.rules.dedupWindowDays;
  const retained = lastRetained(await readChain(old.hdfs), old.rules);
  const different: string[] = [];
  let [epochs, rows] = [0, 0];
  for (let epoch = rules.firstEpoch as Epoch; epoch <= horizon.epoch; epoch = (epoch + 1) as Epoch) {
    const name = nameOf(epoch, rules);
    const now = await readRun(fresh.hdfs, name);
    if (!now)
      throw new Refusal(
        EXIT.data_check_failed,
        `The manifest of epoch ${name} is missing in the new lake; remove the new lake and run the rebuild again`,
      );
    epochs += 1;
    rows += now.rows;
    // An epoch from which retention took files cannot be compared.
    const before = isComparable && epoch > retained ? await log.manifest(epoch) : null;
    if (before && isDifferent(before, now)) different.push(name);
  }
  return {
    generation: rules.generation,
    horizon: nameOf(horizon.epoch, rules),
    epochs,
    rows,
    different,
    switched: false,
  };
}

/** What was forgotten is in no raw file any more; the changes of the manifest say what must be left. */
function isDifferent(before: RunReport, now: RunReport): boolean {
  const records = before.changes.reduce((left, change) => left - change.raw_removed, before.records);
  const hashes = before.changes.flatMap(({ rows_sha256: hash }) => (hash === null ? [] : [hash]));
  const hash = hashes.at(-1) ?? before.rows_sha256 ?? now.rows_sha256;
  return records !== now.records || hash !== now.rows_sha256;
}

/** The new lake remembers what was asked of the old one, which is removed some day. */
async function carryOrders(old: BatchContext, fresh: BatchContext, lease: HeldLease): Promise<void> {
  const records = await readChain(old.hdfs);
  const carried = records.flatMap((record) => [...record.carried, ...(record.order ? [record.order] : [])]);
  const change = await nextChange(fresh);
  if (carried.length === 0 || change > 1) return;
  const nothing = { order: null, keeps_replaced: false, replaced: [], added: [], epochs: [] };
  await makeChange(fresh, change, { kind: 'carry', carried, ...nothing }, () => lease.check());
}

/** Records where a worker of the new generation begins: at the horizon, with the tallies of the batch layer. */
async function putFirstProgress(fresh: BatchContext): Promise<void> {
  const { control, hdfs, rules } = fresh;
  const horizon = (await horizonOf(fresh))!;
  const { partitions } = (await readRun(hdfs, nameOf(horizon.epoch, rules)))!;
  const progress = partitions.map(({ partition, cut, arrival, tallies_so_far: tallies }) => ({
    ...{ partition, nextOffset: cut, arrival: arrival as Instant, tallies },
  }));
  await control.putProgress(rules.generation, progress);
}

function differencesRefusal({ different }: Rebuilt): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `The rows from the archive differ from those that were published for ${different.join(', ')}. ` +
      'Nothing was switched. "batch run --epoch <epoch> --reprocess all" shows the rows; ' +
      '--accept-differences switches nevertheless.',
  );
}
