/**
 * The runs of the batch layer, from the reports that the lake keeps.
 *
 * A report never changes once its epoch is published, so its summary is made once and remembered; who asks while it is
 * read shares the read.
 */
import type { Allowance } from '../bounds/allowance.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { RunsAnswer, RunSummary } from '../answers.ts';
import { listRuns, readAttempts, readRun } from '../../core/stores/lake/runs.ts';
import { sharing } from '../bounds/shared-work.ts';

const AT_ONCE = 8;

export interface RunShelf {
  newest(limit: number, allowance?: Allowance): Promise<RunsAnswer>;
  /** Null if the epoch is not published. */
  report(epoch: string, allowance?: Allowance): Promise<RunReport | null>;
}

export function runShelf(hdfs: Hdfs): RunShelf {
  const known = new Map<string, RunSummary>();
  const share = sharing<void>();
  const learn = async (names: string[], allowance: Allowance | undefined): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const epoch = name;
      await share(epoch, allowance, async (signal, heard) => {
        const report = await readRun(hdfs, epoch, { signal, onBytes: heard });
        if (report) known.set(epoch, summaryOf(report));
      });
    }
  };
  return {
    async newest(limit, allowance) {
      const [names, attempts] = await Promise.all([listRuns(hdfs, allowance), readAttempts(hdfs, limit, allowance)]);
      const shown = names.slice(0, limit);
      const unknown = shown.filter((name) => !known.has(name));
      await Promise.all(Array.from({ length: AT_ONCE }, () => learn(unknown, allowance)));
      return { runs: shown.flatMap((name) => known.get(name) ?? []), total: names.length, attempts };
    },
    report: (epoch, allowance) => readRun(hdfs, epoch, allowance),
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
