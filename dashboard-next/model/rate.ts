/**
 * The rate now: how much the total of a window grows per second of `speed_as_of`.
 *
 * Each answer adds a sample. The rate covers the last ten seconds of samples with the same bounds, because moving
 * bounds drop detections from the total. When the bounds move, the last rate stays until three seconds of new samples
 * are there. The functions are pure; live-state.ts keeps the track.
 */
const MEASURED_OVER_MS = 10_000;
const NEEDED_MS = 3_000;
const LINE_MS = 60_000;

interface Sample {
  /** Place, start, horizon and missing view: only samples with equal keys are compared. */
  readonly key: string;
  readonly asOf: number;
  readonly total: number;
}

export interface RateTrack {
  readonly samples: readonly Sample[];
  /** Detections a second; null before the first measurement. */
  readonly rate: number | null;
  /** The rates of the last minute, oldest first. */
  readonly line: readonly { readonly at: number; readonly rate: number }[];
  /** When the total last grew; null before the second sample. */
  readonly grewAt: number | null;
}

export const NO_RATE: RateTrack = { samples: [], rate: null, line: [], grewAt: null };

export function trackRate(track: RateTrack, sample: Sample): RateTrack {
  const last = track.samples.at(-1);
  if (last && last.key === sample.key && last.asOf >= sample.asOf) return track;
  // The sample before stays, however old: a page may refresh less often than every ten seconds.
  const same =
    last?.key === sample.key
      ? track.samples.filter((one) => one === last || one.asOf >= sample.asOf - MEASURED_OVER_MS)
      : [];
  const samples = [...same, sample];
  const grewAt = lastGrowth(track, last, sample);
  const first = samples[0]!;
  const overMs = sample.asOf - first.asOf;
  if (overMs < NEEDED_MS) return { ...track, samples, grewAt };
  const rate = Math.max(0, ((sample.total - first.total) * 1_000) / overMs);
  const line = [...track.line.filter(({ at }) => at > sample.asOf - LINE_MS), { at: sample.asOf, rate }];
  return { samples, rate, line, grewAt };
}

function lastGrowth(track: RateTrack, last: Sample | undefined, sample: Sample): number | null {
  if (!last) return track.grewAt;
  if (last.key !== sample.key) return track.grewAt ?? sample.asOf;
  return sample.total > last.total ? sample.asOf : (track.grewAt ?? last.asOf);
}

/** The lowest and the highest rate of the line, for the words below it. */
export function rateRange(track: RateTrack): { min: number; max: number; overMs: number } | null {
  const [oldest, newest] = [track.line[0], track.line.at(-1)];
  // A few samples make no range.
  if (!oldest || !newest || newest.at - oldest.at < NEEDED_MS) return null;
  const rates = track.line.map(({ rate }) => rate);
  return { min: Math.min(...rates), max: Math.max(...rates), overMs: newest.at - oldest.at };
}

/** The line as SVG paths in a box of 100 by 100 that is a minute wide; '' if there are no two points. */
export function sparkPath(track: RateTrack): { line: string; area: string } {
  const newest = track.line.at(-1);
  if (!newest || track.line.length < 2) return { line: '', area: '' };
  const max = Math.max(...track.line.map(({ rate }) => rate), 1e-9);
  const points = track.line.map(
    ({ at, rate }) => `${(100 - ((newest.at - at) / LINE_MS) * 100).toFixed(2)} ${(92 - (rate / max) * 84).toFixed(2)}`,
  );
  const left = points[0]!.split(' ')[0]!;
  return { line: `M${points.join('L')}`, area: `M${points.join('L')}L100 100L${left} 100Z` };
}
