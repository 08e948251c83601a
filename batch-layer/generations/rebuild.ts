/**
 * Rebuild: lake and batch view again from the archive alone, as a new generation in a root of its own, then a switch
 * (laws L9, L10).
 *
 *   epoch after epoch from the old archive · its first-met rows · what is archived of open epochs · the speed layer
 *   counts on │ switch
 *
 * Left of the switch nothing of the old generation is touched and readers see none of the new; killed anywhere, the
 * next rebuild goes on. The old generation may publish meanwhile: the lock of the lake is taken for the last epochs
 * only. Rows that differ from what was published stop it before the switch, unless the rules were meant to change.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { HeldLease } from '../lock/lease.ts';
import type { ArchivedLog } from './archived-log.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { epochAt, nameOf, startOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { archiveNow } from '../archive/archive-now.ts';
import { writeFirstMet } from './first-met-rows.ts';
import { lastWholeEpoch } from './first-epoch.ts';
import { archivedLog, checkRawFiles } from './archived-log.ts';
import { runEpoch } from '../run/run.ts';
import { nextEpoch, horizonOf } from '../epochs/next-epochs.ts';
import { switchTo } from '../lock/switch.ts';
import { withLakeLock } from '../lock/lake-lock.ts';

export interface Rebuilt {
  readonly generation: number;
  readonly horizon: string;
  readonly epochs: number;
  readonly rows: number;
  /** Epochs whose rows are not those that were published; empty where rules changed and nothing can be compared. */
  readonly different: readonly string[];
  readonly switched: boolean;
}

export interface RebuildOptions {
  readonly keepsOld: boolean;
  readonly acceptsDifferences: boolean;
  readonly took: (report: RunReport) => void;
  /**
   * Counts what lies beyond the new horizon with a speed worker of the new generation, and keeps it until `work` is
   * done.
   */
  recounting(fresh: BatchContext, work: () => Promise<void>): Promise<void>;
}

/** With the lock of rebuilds held; `fresh` works for the new generation and its own root. */
export async function rebuild(
  old: BatchContext,
  fresh: BatchContext,
  lease: HeldLease,
  options: RebuildOptions,
): Promise<Rebuilt> {
  await catchUp(old, fresh, lease, options);
  if (!options.keepsOld) await writeFirstMet(fresh);
  return withLakeLock(old, async (held, lake) => {
    const log = await catchUp(held, fresh, lease, options);
    const rebuilt = await rebuiltSoFar(held, fresh, log);
    if (rebuilt.different.length > 0 && !options.acceptsDifferences) throw different(rebuilt);
    if (options.keepsOld) return rebuilt;
    await archiveNow(reading(fresh, log), lease);
    await writeFirstMet(fresh);
    await beginProgress(fresh);
    await options.recounting(fresh, async () => {
      await fresh.reached('recounted');
      await lease.check();
      await lake.check();
      await switchTo(held, old.rules, fresh.rules);
    });
    return { ...rebuilt, switched: true };
  });
}

/** Before anything is recorded: whether there is something to rebuild, and raw files of one life to do it from. */
export async function checkRebuildable(old: BatchContext, wanted: RecordedRules): Promise<void> {
  await rebuildableUpTo(old, wanted);
  await checkRawFiles(old);
}

async function rebuildableUpTo(
  old: BatchContext,
  wanted: RecordedRules,
): Promise<{ oldHorizon: Horizon; last: Epoch }> {
  const oldHorizon = await horizonOf(old);
  const last = oldHorizon && lastWholeEpoch(oldHorizon, old.rules, wanted);
  if (!oldHorizon || last === null)
    throw new Refusal(EXIT.nothing_to_do, 'No epoch is published that could be rebuilt');
  return { oldHorizon, last };
}

/** Publishes every epoch of the new rules that the old horizon covers. */
async function catchUp(
  old: BatchContext,
  fresh: BatchContext,
  lease: HeldLease,
  { took }: RebuildOptions,
): Promise<ArchivedLog> {
  const { oldHorizon, last } = await rebuildableUpTo(old, fresh.rules);
  const log = await archivedLog(old, oldHorizon);
  for (;;) {
    const horizon = await horizonOf(fresh);
    const epoch = nextEpoch(horizon, fresh.rules);
    if (epoch > last) return log;
    took(await runEpoch(await asItStood(old, fresh, log, epoch), lease, horizon, epoch));
  }
}

/** The new generation with the old archive for a log. */
function reading(fresh: BatchContext, { reader, ends }: ArchivedLog): BatchContext {
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

/** The same, with dataset B as it stood when the epoch's records were published first. */
async function asItStood(
  old: BatchContext,
  fresh: BatchContext,
  log: ArchivedLog,
  epoch: Epoch,
): Promise<BatchContext> {
  const lastInstant = startOf((epoch + 1) as Epoch, fresh.rules) - 1;
  const places = await log.placesAt(lastInstant);
  const before = await log.manifest(epochAt(lastInstant, old.rules));
  const { control, locations } = fresh;
  const version = before?.reference_version ?? null;
  const reference: typeof control.reference = async () =>
    places && version !== null ? { version, locations: places.length, loadedAt: 0 as Instant } : control.reference();
  return {
    ...reading(fresh, log),
    locations: { ...locations, all: async () => places ?? locations.all() },
    control: { ...control, reference },
  };
}

async function rebuiltSoFar(old: BatchContext, fresh: BatchContext, log: ArchivedLog): Promise<Rebuilt> {
  const { rules } = fresh;
  const horizon = (await horizonOf(fresh))!;
  const comparable =
    rules.epochSeconds === old.rules.epochSeconds && rules.dedupWindowDays === old.rules.dedupWindowDays;
  const different: string[] = [];
  let [epochs, rows] = [0, 0];
  for (let epoch = rules.firstEpoch as Epoch; epoch <= horizon.epoch; epoch = (epoch + 1) as Epoch) {
    const name = nameOf(epoch, rules);
    const now = await readRun(fresh.hdfs, name);
    if (!now)
      throw new Refusal(
        EXIT.data_check_failed,
        `The manifest of ${name} is gone from the lake that is being rebuilt; remove that lake and begin again`,
      );
    epochs += 1;
    rows += now.rows;
    const before = comparable ? await log.manifest(epoch) : null;
    const isOther =
      before && (before.records !== now.records || (before.rows_sha256 ?? now.rows_sha256) !== now.rows_sha256);
    if (isOther) different.push(name);
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

/**
 * Where a worker of the new generation begins: at the horizon, with the tallies that the batch layer has up to there.
 */
async function beginProgress(fresh: BatchContext): Promise<void> {
  const { control, hdfs, rules } = fresh;
  const horizon = (await horizonOf(fresh))!;
  const { partitions } = (await readRun(hdfs, nameOf(horizon.epoch, rules)))!;
  const progress = partitions.map(({ partition, cut, arrival, tallies_so_far: tallies }) => ({
    ...{ partition, nextOffset: cut, arrival: arrival as Instant, tallies },
  }));
  await control.putProgress(rules.generation, progress);
}

function different({ different: epochs }: Rebuilt): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `What the archive gives is not what was published for ${epochs.join(', ')}. Nothing was switched. "batch run --epoch <epoch> ` +
      '--reprocess all" tells the rows; --accept-differences switches all the same.',
  );
}
