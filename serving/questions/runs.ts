/**
 * The runs of the batch layer, from the reports in the lake.
 *
 * The report of a published epoch never changes, so its summary is made once and cached; questions share a running
 * read.
 */
import type { Allowance } from '../bounds/allowance.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { RunsAnswer, RunSummary } from '../answers.ts';
import { listRuns, readAttempts, readRun } from '../../core/stores/lake/runs.ts';
import { shareByKey } from '../bounds/shared-work.ts';

const AT_ONCE = 8;

export interface RunReports {
  newest(limit: number, allowance?: Allowance): Promise<RunsAnswer>;
  /** Null if the epoch is not published. */
  report(epoch: string, allowance?: Allowance): Promise<RunReport | null>;
}

export function runReports(hdfs: Hdfs): RunReports {
  const summaries = new Map<string, RunSummary>();
  const share = shareByKey<void>();
  const readReports = async (names: string[], allowance: Allowance | undefined): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const epoch = name;
      await share(epoch, allowance, async (signal, onAnswer) => {
        const report = await readRun(hdfs, epoch, { signal, onBytes: onAnswer });
        if (report) summaries.set(epoch, summaryOf(report));
      });
    }
  };
  return {
    async newest(limit, allowance) {
      const [names, attempts] = await Promise.all([listRuns(hdfs, allowance), readAttempts(hdfs, limit, allowance)]);
      const newestNames = names.slice(0, limit);
      const unknown = newestNames.filter((name) => !summaries.has(name));
      await Promise.all(Array.from({ length: AT_ONCE }, () => readReports(unknown, allowance)));
      return { runs: newestNames.flatMap((name) => summaries.get(name) ?? []), total: names.length, attempts };
    },
    report: (epoch, allowance) => readRun(hdfs, epoch, allowance),
  };
}

/** Computes the count of the speed layer from the count of the batch layer and the cells that differ. */
function countsByLayer({ tallies, comparison }: RunReport): RunSummary['counted'] {
  const more = comparison.differences.listed.reduce((sum, { batch, speed }) => sum + speed - batch, 0);
  return { batch: tallies.new, speed: comparison.unproven.length > 0 ? null : tallies.new + more };
}

function summaryOf(report: RunReport): RunSummary {
  const { epoch, from, to, result, began_at, published_at, records, tallies, rows, bytes, comparison } = report;
  const { copies, strays, deferred, dead_letters, ticks } = tallies;
  return {
    epoch,
    from,
    to,
    result,
    began_at,
    published_at,
    took_ms: published_at - began_at,
    records,
    tallies: { records, new: tallies.new, copies, strays, deferred, dead_letters, ticks },
    rows,
    bytes,
    differences: comparison.differences.count + comparison.tally_differences.length,
    counted: countsByLayer(report),
    conflicts: report.conflicts.count,
    unproven: comparison.unproven,
    unknown_locations: report.unknown_locations.count,
  };
}
