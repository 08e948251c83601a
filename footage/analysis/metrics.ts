/**
 * The metrics of the analysis of footage for Prometheus: how many cameras are in which state, how far the analysis is.
 *
 * service.ts sets them. No camera is a label, so their number does not grow with the fleet; the API names the cameras
 * (/api/v1/footage/cameras).
 */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { AnalysedEpoch } from '../../core/stores/footage/analysed-epochs.ts';
import type { CameraFlag, CameraHour, CameraHours } from '../../core/stores/footage/camera-hours.ts';
import { cameraFlags } from '../../core/stores/footage/camera-hours.ts';

export interface AnalysisMetrics {
  countEpoch(epoch: AnalysedEpoch): void;
  observeRun(seconds: number): void;
  countFailure(): void;
  /** The latest hour, and the latest hour that is wholly analysed; null where there is none. */
  setCameras(latest: CameraHours | null, latestWhole: CameraHours | null): void;
}

export function analysisMetrics(registry: Registry): AnalysisMetrics {
  const registers = [registry];
  const cameras = new Gauge({
    name: 'sightline_footage_cameras',
    help: 'Cameras by their state in the latest hour that was analysed; silent ones are those of the latest whole hour',
    labelNames: ['state'],
    registers,
  });
  const epochEnd = new Gauge({
    name: 'sightline_footage_analysed_epoch',
    help: 'End of the latest epoch of footage that is analysed, in seconds since 1970; 0 before the first',
    registers,
  });
  const files = new Counter({
    name: 'sightline_footage_analysed_files_total',
    help: 'Frames and films that were analysed, by kind; a fault is one that could not be decoded, of either kind',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of ['frame', 'film', 'fault']) files.inc({ kind }, 0);
  const duration = new Histogram({
    name: 'sightline_footage_analysis_seconds',
    help: 'How long an analysis took, from its plan until its hours were summed up',
    buckets: [5, 10, 20, 30, 60, 120, 300, 900, 3_600],
    registers,
  });
  const failures = new Counter({
    name: 'sightline_footage_analysis_failures_total',
    help: 'How often an analysis failed; it is tried again',
    registers,
  });
  return {
    countEpoch({ to, frames, films, faults }) {
      files.inc({ kind: 'frame' }, frames);
      files.inc({ kind: 'film' }, films);
      files.inc({ kind: 'fault' }, faults);
      epochEnd.set(to / 1_000);
    },
    observeRun: (seconds) => duration.observe(seconds),
    countFailure: () => failures.inc(),
    setCameras(latest, latestWhole) {
      const states = statesOf(latest, latestWhole);
      for (const [state, count] of Object.entries(states)) cameras.set({ state }, count);
      const end = Math.max(latest?.analysed_to ?? 0, latestWhole?.analysed_to ?? 0);
      if (end > 0) epochEnd.set(end / 1_000);
    },
  };
}

/** Each camera in one state, the worst: silent in the whole hour and without footage since, or by its latest hour. */
export function statesOf(
  latest: CameraHours | null,
  latestWhole: CameraHours | null,
): Record<CameraFlag | 'well', number> {
  const states = { silent: 0, dark: 0, frozen: 0, blurred: 0, well: 0 };
  const silent = new Set((latestWhole?.cameras ?? []).filter(({ flags }) => flags.includes('silent')).map(idOf));
  for (const camera of latest?.cameras ?? []) {
    const isSilent = silent.has(idOf(camera)) && camera.frames + camera.films === 0;
    const worst = cameraFlags.find((flag) => camera.flags.includes(flag));
    states[isSilent ? 'silent' : (worst ?? 'well')] += 1;
  }
  return states;
}

const idOf = ({ video_camera_oid }: CameraHour): string => video_camera_oid;
