/**
 * The runs of the batch layer, from the reports that the lake keeps.
 *
 * A report never changes once its epoch is published, so its summary is made once and remembered.
 */
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { RunReport } from '../../core/stores/runs.ts';
import type { RunsAnswer, RunSummary } from '../answers.ts';
import { listRuns, readAttempts, readRun } from '../../core/stores/runs.ts';

const AT_ONCE = 8;

export interface RunShelf {
  newest(limit: number): Promise<RunsAnswer>;
  /** Null if the epoch is not published. */
  report(epoch: string): Promise<RunReport | null>;
}

export function runShelf(hdfs: Hdfs): RunShelf {
  const known = new Map<string, RunSummary>();
  const learn = async (names: string[]): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const report = await readRun(hdfs, name);
      if (report) known.set(name, summaryOf(report));
    }
  };
  return {
    async newest(limit) {
      const [names, attempts] = await Promise.all([listRuns(hdfs), readAttempts(hdfs, limit)]);
      const shown = names.slice(0, limit);
      const unknown = shown.filter((name) => !known.has(name));
      await Promise.all(Array.from({ length: AT_ONCE }, () => learn(unknown)));
      return { runs: shown.flatMap((name) => known.get(name) ?? []), total: names.length, attempts };
    },
    report: (epoch) => readRun(hdfs, epoch),
  };
}

/** What the speed layer counted follows from what the batch layer counted and every cell in which the two differ. */
function countedBy({ tallies, comparison }: RunReport): RunSummary['counted'] {
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
    counted: countedBy(report),
    conflicts: report.conflicts.count,
    unproven: comparison.unproven,
    unknown_locations: report.unknown_locations.count,
  };
}
