/**
 * How copies came and how late detections were: the parts of a report that show problems of producers (law L7).
 *
 * report.ts asks for them. reconcile.ts leaves the table `copies`; lateness comes from the relation `detections`. Both
 * are counts with fixed upper bounds, so that the reports of many epochs can be added up.
 */
import type { Rules } from '../../core/domain/rules.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';

type Copies = NonNullable<RunReport['copies']>;
type Lateness = NonNullable<RunReport['late']>;

/** Throws if the number of copies differs from the tallies: then the run has a bug, and nothing may be published. */
export async function copiesOf(duck: Duck, tallied: number): Promise<Copies> {
  const rows = await duck.rows(
    'SELECT way, below_ms, CAST(SUM(copies) AS BIGINT) AS copies FROM copies GROUP BY way, below_ms',
  );
  const byWay = { same_partition: 0, stray: 0, re_stamped: 0 };
  const byDistance = new Map<number, number>();
  for (const { way, below_ms: below, copies } of rows) {
    byWay[way as keyof typeof byWay] += Number(copies);
    byDistance.set(Number(below), (byDistance.get(Number(below)) ?? 0) + Number(copies));
  }
  const classified = byWay.same_partition + byWay.stray + byWay.re_stamped;
  if (classified !== tallied)
    throw new Error(`The tallies count ${tallied} copies, but the breakdown by way counts ${classified}`);
  return {
    by_way: byWay,
    by_distance: [...byDistance].sort(([a], [b]) => a - b).map(([below_ms, copies]) => ({ below_ms, copies })),
  };
}

/** How far the own time of published detections was before their arrival. */
export async function latenessOf(duck: Duck, rules: Rules): Promise<Lateness> {
  const bounds = [
    0,
    SECOND_MS,
    10 * SECOND_MS,
    MINUTE_MS,
    10 * MINUTE_MS,
    HOUR_MS,
    DAY_MS,
    rules.dedupWindowDays * DAY_MS + 1,
  ];
  const cases = bounds.map((bound) => `WHEN arrival - timestamp_detected < ${bound} THEN ${bound}`).join(' ');
  const rows = await duck.rows(`SELECT CASE ${cases} END AS below_ms, COUNT(*) AS n
    FROM detections GROUP BY below_ms ORDER BY below_ms NULLS LAST`);
  return rows.map(({ below_ms: below, n }) => ({
    below_ms: below === null ? null : Number(below),
    detections: Number(n),
  }));
}
