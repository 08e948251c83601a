/**
 * When a query must begin again from the progress, because records of it were dropped (intake.ts).
 *
 * supervisor.ts hands in what the processes report. A process that drops because a partition waits tells when the wait
 * is over. A process that only follows knows of no wait: while another one waits, all is well; if no process does for
 * some seconds, the one that waited has died.
 */
import type { Report } from './reports.ts';

const ABANDONED_AFTER_MS = 5_000;

/** Returns what says why this run must begin again, or null. */
export function waitsOver(now: () => number): (run: number, reports: readonly Report[]) => string | null {
  const abandonedSince = new Map<number, number>();
  return (run, reports) => {
    const dropped = reports.flatMap((report) => report.dropped.filter((each) => each.run === run));
    const of = (why: string): number[] => dropped.filter((each) => each.why === why).map(({ partition }) => partition);
    const waiting = new Set(of('waits'));
    const abandoned = of('follows').filter((partition) => !waiting.has(partition));
    for (const partition of abandonedSince.keys()) if (!abandoned.includes(partition)) abandonedSince.delete(partition);
    for (const partition of abandoned) if (!abandonedSince.has(partition)) abandonedSince.set(partition, now());
    const isLong = (partition: number): boolean => now() - abandonedSince.get(partition)! > ABANDONED_AFTER_MS;
    const again = [...new Set([...of('has waited'), ...abandoned.filter(isLong)])].sort((a, b) => a - b);
    return again.length === 0 ? null : `partitions ${again.join(', ')} have waited, and are read again`;
  };
}
