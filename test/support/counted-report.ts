/**
 * The manifest and report of an epoch of a counted world, as the batch layer would leave it: for who lists and reads
 * runs.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { CountedWorld } from './counted-world.ts';
import { endOf, epochAt, nameOf, startOf } from '../../core/domain/epoch.ts';
import { NO_TALLIES } from '../../core/domain/tallies.ts';
import { COUNTED_RULES } from './counted-world.ts';

export function countedReport(world: CountedWorld, epoch: Epoch): RunReport {
  const rows = world.facts.filter(({ arrival }) => epochAt(arrival, COUNTED_RULES) === epoch).length;
  const [name, to] = [nameOf(epoch, COUNTED_RULES), endOf(epoch, COUNTED_RULES)];
  return {
    version: 1,
    epoch: name,
    epoch_number: epoch,
    generation: 1,
    log_life: 1,
    from: startOf(epoch, COUNTED_RULES),
    to,
    engine: 'duckdb',
    attempt: 'counted',
    resumed: false,
    began_at: to,
    published_at: to + 1_000,
    result: 'proved',
    reference_version: null,
    partitions: [],
    records: rows,
    tallies: { ...NO_TALLIES, new: rows },
    copies_of_earlier_epochs: 0,
    copies: null,
    late: null,
    conflicts: { count: 0, listed: [] },
    deferred: { published: 0, copies: 0 },
    strays_forwarded: 0,
    unknown_locations: { count: 0, detections: 0, listed: [] },
    rows,
    bytes: 0,
    raw_bytes: 0,
    files: [],
    rows_sha256: null,
    chain_sha256: null,
    comparison: {
      cells: rows,
      partitions: COUNTED_RULES.partitionCount,
      differences: { count: 0, listed: [] },
      tally_differences: [],
      unproven: [],
    },
    steps: [],
    changes: [],
  };
}
