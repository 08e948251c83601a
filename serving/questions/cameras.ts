/**
 * What is wrong with which camera: the hours that the analysis of footage has summed up (footage/analysis/).
 *
 * The answer has numbers alone, which name nobody. The state of a camera is the worst flag of its latest hour, or
 * silent if it was silent before and nothing has come since. A camera without footage and without detections for days
 * leaves the list (FOOTAGE_KNOWN_DAYS).
 */
import type { Oid } from '../../core/domain/oid.ts';
import { compareOids, oid } from '../../core/domain/oid.ts';
import { DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import type { CameraHour, CameraHoursStore } from '../../core/stores/footage/camera-hours.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { windowOf } from '../counts/window.ts';
import { BadQuestion } from '../faults.ts';
import type { AnalysedCamera, CameraHourAnswer, CameraState, FootageCamerasAnswer } from '../footage-answers.ts';
import { cameraStates } from '../footage-answers.ts';

export type CamerasQuestion = WindowQuestion & { limit: number; camera?: Oid | undefined };

const MOST_DAYS = 7;
/** Hours of cameras in one answer; each takes some 150 bytes. */
const MOST_HOURS = 25_000;

interface CamerasContext {
  readonly context: Pick<QuestionContext, 'now' | 'places'>;
  readonly hours: CameraHoursStore;
}

export async function cameras(
  question: CamerasQuestion,
  { context, hours }: CamerasContext,
  limits?: ReadLimits,
): Promise<FootageCamerasAnswer> {
  const window = hoursOf(question, context.now());
  const found = await hours.between(window, limits);
  const byCamera = new Map<string, { latest: CameraHour; hours: CameraHourAnswer[] }>();
  for (const { from, cameras: seen } of found)
    for (const hour of seen) {
      if (question.camera !== undefined && hour.video_camera_oid !== question.camera) continue;
      const camera = byCamera.get(hour.video_camera_oid) ?? { latest: hour, hours: [] };
      camera.hours.push(answerOf(from, hour));
      byCamera.set(hour.video_camera_oid, { latest: hour, hours: camera.hours });
    }
  const { nameOf } = await context.places();
  const all = [...byCamera.values()].map(({ latest, hours: own }): AnalysedCamera => {
    const { video_camera_oid, geographical_location_oid: place } = latest;
    const name = place === null ? null : (nameOf.get(oid(place)) ?? null);
    const id = { video_camera_oid, geographical_location_oid: place, geographical_location: name };
    return { ...id, state: stateOf(latest, own.at(-2)), hours: own };
  });
  const page = all.sort(worstFirst).slice(0, question.limit);
  refuseTooMany(page);
  return {
    ...window,
    analysed_to: found.at(-1)?.analysed_to ?? null,
    total: all.length,
    states: statesOf(all),
    cameras: page,
  };
}

function answerOf(from: number, hour: CameraHour): CameraHourAnswer {
  const { frames, films, faults, detections, brightness, sharpness, alike, last_taken_at, flags } = hour;
  return { from, frames, films, faults, detections, brightness, sharpness, alike, last_taken_at, flags };
}

/** Outward to whole hours; by default the last 24 hours. */
function hoursOf(question: WindowQuestion, now: number): { from: number; to: number } {
  const end = question.to ?? Math.max(now, 1);
  const { from, to } = windowOf({ from: question.from ?? Math.max(0, end - DAY_MS), to: question.to }, now);
  const aligned = { from: Math.floor(from / HOUR_MS) * HOUR_MS, to: Math.ceil(to / HOUR_MS) * HOUR_MS };
  if (to - from > MOST_DAYS * DAY_MS)
    throw new BadQuestion('from', `The window is longer than ${MOST_DAYS} days; ask for it in parts`);
  return aligned;
}

function refuseTooMany(page: readonly AnalysedCamera[]): void {
  const hours = page.reduce((sum, camera) => sum + camera.hours.length, 0);
  if (hours > MOST_HOURS)
    throw new BadQuestion(
      'limit',
      `The answer would have ${hours} hours of cameras, and at most ${MOST_HOURS} are possible; ` +
        'choose a smaller limit, a shorter window, or one camera',
    );
}

/** Silence is decided when an hour is over: a camera that was silent in the hour before goes on until it is seen. */
function stateOf({ flags, frames, films }: CameraHour, before: CameraHourAnswer | undefined): CameraState {
  if (frames + films === 0 && before?.flags.includes('silent')) return 'silent';
  return cameraStates.find((state) => state === 'well' || flags.includes(state)) ?? 'well';
}

function statesOf(all: readonly AnalysedCamera[]): FootageCamerasAnswer['states'] {
  const states = { silent: 0, dark: 0, frozen: 0, blurred: 0, well: 0 };
  for (const { state } of all) states[state] += 1;
  return states;
}

function worstFirst(a: AnalysedCamera, b: AnalysedCamera): number {
  return (
    cameraStates.indexOf(a.state) - cameraStates.indexOf(b.state) ||
    compareOids(oid(a.video_camera_oid), oid(b.video_camera_oid))
  );
}
