/**
 * `sightline batch run`: publishes epochs in order, shows what a run would do, or computes published epochs again and
 * compares.
 *
 * A range stops at its first failure, and the exit code is that failure's. An epoch that is published with differences
 * is no failure: it is published, the ones after it follow, and the code is 4 in the end.
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
import { print, withBatch } from './with-batch.ts';

export interface RunOptions {
  readonly epoch?: string;
  readonly from?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly reprocess: 'none' | 'failed' | 'all';
  readonly json?: boolean;
  readonly engine: Engine;
}

export function run(options: RunOptions): Promise<number> {
  return withBatch(async ({ context }) => {
    const asked = readEpochRange(options, context.rules);
    if (options.reprocess !== 'none' && options.engine === 'spark') {
      throw new Refusal(
        EXIT.usage,
        'Published epochs are computed again by DuckDB on this machine, whoever published them; leave --engine out',
      );
    }
    if (options.reprocess !== 'none') return again(context, asked, options);
    if (options.dryRun === true) return dry(context, asked, options);
    const { reports, stopped } = await publishEpochs(context, asked, (report: RunReport) =>
      print(options.json, report, summaryOf(report)),
    );
    if (reports.length === 0) return nothingToDo(stopped);
    return reports.some(({ result }) => result === 'repaired') ? EXIT.data_check_failed : EXIT.done;
  }, options.engine);
}

/** The next epoch only: those after it rest on what it publishes. */
async function dry(context: BatchContext, asked: EpochRange, { json, engine }: RunOptions): Promise<number> {
  if (engine === 'spark')
    throw new Refusal(EXIT.usage, 'A dry run writes nothing to HDFS, and Spark reads from there; leave --engine out');
  const horizon = await horizonOf(context);
  const next = planNextRun(asked, horizon, context.rules, Date.now());
  if ('stop' in next) return nothingToDo(next.stop);
  const draft = await dryRun(context, horizon, next.run);
  print(json, draft, `${countsOf(draft)}; nothing was written`);
  return EXIT.done;
}

/** Compares published epochs with what their log says; 3 if all are the same, 4 at the first one that is not. */
async function again(
  context: BatchContext,
  asked: EpochRange,
  { reprocess: which, json }: RunOptions,
): Promise<number> {
  const { rules, hdfs: files } = context;
  const horizon = await horizonOf(context);
  const last = Math.min(asked.to ?? Infinity, horizon?.epoch ?? -1);
  if ((asked.to ?? last) > last)
    throw new Refusal(EXIT.usage, `Epoch ${nameOf(asked.to!, rules)} is not published; --reprocess compares what is`);
  let [compared, proved] = [0, 0];
  for (let epoch = asked.from ?? (rules.firstEpoch as Epoch); epoch <= last; epoch = (epoch + 1) as Epoch) {
    if (which === 'failed' && (await readRun(files, nameOf(epoch, rules)))?.result === 'proved') {
      proved += 1;
      continue;
    }
    const found = await reprocess(context, epoch);
    print(json, found, reprocessText(found));
    compared += 1;
    if (isSame(found)) continue;
    const rest = epoch < last ? `; the epochs from ${nameOf((epoch + 1) as Epoch, rules)} on were not looked at` : '';
    process.stderr.write(`Epoch ${found.epoch} is not what its log says${rest}\n`);
    return EXIT.data_check_failed;
  }
  if (compared > 0) return nothingToDo(`${compared} epochs are what their log says`);
  return nothingToDo(
    proved > 0
      ? `All ${proved} of them were proved when they were published`
      : 'No published epoch is among those that were asked for',
  );
}

export function nothingToDo(because: string): number {
  process.stderr.write(`${because}\n`);
  return EXIT.nothing_to_do;
}
