/**
 * `sightline batch run`: publishes epochs in order, shows what a run would do, or computes published epochs again and
 * compares.
 *
 * A range stops at its first failure, whose exit code is that of the command. An epoch that is published with
 * differences is no failure: the epochs after it are published too, and the exit code is 4 in the end.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { Engine } from './open.ts';
import type { EpochRange } from '../epochs/next-epochs.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { publishEpochs } from '../run/publish-epochs.ts';
import { isSame, reprocess, reprocessText } from '../run/reprocess.ts';
import { dryRun } from '../run/run.ts';
import { readEpochRange, planNextRun, horizonOf } from '../epochs/next-epochs.ts';
import { countsOf, summaryOf } from '../report/summary.ts';
import { nothingToDo, print, withBatch } from './with-batch.ts';

export interface RunCommandOptions {
  readonly epoch?: string;
  readonly from?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly reprocess: 'none' | 'failed' | 'all';
  readonly json?: boolean;
  readonly engine: Engine;
}

export function runRun(options: RunCommandOptions): Promise<number> {
  return withBatch(async ({ context }) => {
    const range = readEpochRange(options, context.rules);
    if (options.reprocess !== 'none' && options.engine === 'spark') {
      throw new Refusal(
        EXIT.usage,
        'DuckDB computes published epochs again on this machine, whichever engine published them; leave --engine out',
      );
    }
    if (options.reprocess !== 'none') return compareAgain(context, range, options);
    if (options.dryRun === true) return showDryRun(context, range, options);
    const { reports, stopReason } = await publishEpochs(context, range, (report: RunReport) =>
      print(options.json, report, summaryOf(report)),
    );
    if (reports.length === 0) return nothingToDo(stopReason);
    return reports.some(({ result }) => result === 'repaired') ? EXIT.data_check_failed : EXIT.done;
  }, options.engine);
}

/** For the next epoch only: those after it need what it publishes. */
async function showDryRun(
  context: BatchContext,
  range: EpochRange,
  { json, engine }: RunCommandOptions,
): Promise<number> {
  if (engine === 'spark')
    throw new Refusal(EXIT.usage, 'A dry run writes nothing to HDFS, and Spark reads from there; leave --engine out');
  const horizon = await horizonOf(context);
  const next = planNextRun(range, horizon, context.rules, Date.now());
  if ('stop' in next) return nothingToDo(next.stop);
  const draft = await dryRun(context, horizon, next.run);
  print(json, draft, `${countsOf(draft)}; nothing was written`);
  return EXIT.done;
}

/** Compares published epochs with what the log says; returns 3 if all are the same, 4 at the first one that differs. */
async function compareAgain(
  context: BatchContext,
  range: EpochRange,
  { reprocess: which, json }: RunCommandOptions,
): Promise<number> {
  const { rules, hdfs: files } = context;
  const horizon = await horizonOf(context);
  const last = Math.min(range.to ?? Infinity, horizon?.epoch ?? -1);
  if ((range.to ?? last) > last)
    throw new Refusal(
      EXIT.usage,
      `Epoch ${nameOf(range.to!, rules)} is not published; --reprocess compares published epochs only`,
    );
  let [compared, proved] = [0, 0];
  for (let epoch = range.from ?? (rules.firstEpoch as Epoch); epoch <= last; epoch = (epoch + 1) as Epoch) {
    if (which === 'failed' && (await readRun(files, nameOf(epoch, rules)))?.result === 'proved') {
      proved += 1;
      continue;
    }
    const result = await reprocess(context, epoch);
    print(json, result, reprocessText(result));
    compared += 1;
    if (isSame(result)) continue;
    const rest = epoch < last ? `; epochs from ${nameOf((epoch + 1) as Epoch, rules)} on were not compared` : '';
    process.stderr.write(`Epoch ${result.epoch} differs from what the log says${rest}\n`);
    return EXIT.data_check_failed;
  }
  if (compared > 0) return nothingToDo(`${compared} epochs are what the log says`);
  return nothingToDo(
    proved > 0
      ? `All ${proved} of them were proved when they were published`
      : 'None of the epochs that you named is published',
  );
}
