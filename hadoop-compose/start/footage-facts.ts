/**
 * What the status line of `npm start -- --footage` says about footage: how many files are settled, and how long the
 * last ones took to become visible.
 *
 * Settling shows both at /metrics, and its file in the folder of targets says where (core/process/metrics-target.ts).
 * While it is being started again there are no new figures, and the old ones stay.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../../core/process/metrics-target.ts';
import { targetsFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

export interface FootageFacts {
  /** Since settling was started. */
  readonly settled: number;
  /** From the time in their names until visible, of the files since the look before; null before the first. */
  readonly visibleAfterSeconds: number | null;
}

interface Sums {
  readonly settled: number;
  readonly seconds: number;
}

const ASK_EVERY_MS = 2_000;
const ASK_TIMEOUT_MS = 5_000;

/** Calls `onFacts` whenever there are figures; returns what ends that. */
export function watchFootage(stack: Pick<Stack, 'folder'>, onFacts: (facts: FootageFacts) => void): () => void {
  let before: { sums: Sums; facts: FootageFacts } | null = null;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    const sums = sumsIn(await metricsOf(stack).catch(() => ''));
    isAsking = false;
    if (sums === null) return;
    const facts = factsFrom(sums, before);
    before = { sums, facts };
    onFacts(facts);
  };
  const timer = setInterval(() => void ask(), ASK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

export function factsFrom(
  { settled, seconds }: Sums,
  before: { readonly sums: Sums; readonly facts: FootageFacts } | null,
): FootageFacts {
  // A settling that was started again counts from 0.
  const since = before === null || before.sums.settled > settled ? { settled: 0, seconds: 0 } : before.sums;
  const files = settled - since.settled;
  const visibleAfterSeconds =
    files > 0 ? (seconds - since.seconds) / files : (before?.facts.visibleAfterSeconds ?? null);
  return { settled, visibleAfterSeconds };
}

/** Null for a text without them. */
export function sumsIn(metrics: string): Sums | null {
  const valueOf = (name: string): number =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1]);
  const settled = valueOf('sightline_footage_settled_after_seconds_count');
  const seconds = valueOf('sightline_footage_settled_after_seconds_sum');
  return Number.isNaN(settled + seconds) ? null : { settled, seconds };
}

async function metricsOf(stack: Pick<Stack, 'folder'>): Promise<string> {
  const [target] = JSON.parse(readFileSync(join(targetsFolder(stack), 'footage-settle.json'), 'utf8')) as Target[];
  const response = await fetch(`http://${target!.targets[0]}/metrics`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  return response.text();
}
