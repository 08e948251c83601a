/**
 * What the Cameras page says of a camera: its state in words, since when, and its hours as a strip.
 *
 * The answer comes from the analysis of footage, an hour at a time. An hour in which a camera was not known is missing.
 */
import type {
  AnalysedCamera,
  CameraHourAnswer,
  CameraState,
  FootageCamerasAnswer,
} from '../../serving/footage-answers.ts';
import { placeName } from '../text/names.ts';

export const HOUR_MS = 3_600_000;

/** The word of each state, and what is seen. */
export const STATES: Record<CameraState, { readonly word: string; readonly meaning: string }> = {
  silent: { word: 'Silent', meaning: 'hands over nothing' },
  dark: { word: 'Dark', meaning: 'its pictures are almost black' },
  frozen: { word: 'Frozen', meaning: 'its pictures all look alike' },
  blurred: { word: 'Blurred', meaning: 'its pictures show no edges' },
  well: { word: 'Well', meaning: '' },
};
/** The worst first. */
export const STATE_NAMES = Object.keys(STATES) as CameraState[];

/** The worst flag of an hour. */
export function stateOfHour({ flags }: CameraHourAnswer): CameraState {
  return STATE_NAMES.find((state) => state === 'well' || flags.includes(state)) ?? 'well';
}

export interface Since {
  /** Beginning of the first hour of the state, without another in between. */
  readonly from: number;
  /** The state may be older than the window. */
  readonly isOpen: boolean;
}

/** Since when the latest hours of a camera have its flag; null for a camera that is well. */
export function sinceOf({ state, hours }: AnalysedCamera, windowFrom: number): Since | null {
  if (state === 'well') return null;
  let from: number | null = null;
  // The hour under way has no flag for silence yet.
  const isUndecided = state === 'silent' && hours.at(-1)?.flags.includes('silent') === false;
  for (const hour of hours.slice(0, isUndecided ? -1 : undefined).reverse()) {
    const isNext = from === null || hour.from === from - HOUR_MS;
    if (!isNext || !hour.flags.includes(state)) break;
    from = hour.from;
  }
  return from === null ? null : { from, isOpen: from <= windowFrom };
}

export interface StripHour {
  readonly from: number;
  /** Null where the camera was not known, or nothing is analysed yet. */
  readonly state: CameraState | null;
  readonly hour: CameraHourAnswer | null;
}

/** Every hour of the window, oldest first. */
export function stripOf({ hours }: AnalysedCamera, { from, to }: { from: number; to: number }): StripHour[] {
  const byStart = new Map(hours.map((hour) => [hour.from, hour]));
  return Array.from({ length: Math.max(0, Math.round((to - from) / HOUR_MS)) }, (_, index) => {
    const hour = byStart.get(from + index * HOUR_MS) ?? null;
    return { from: from + index * HOUR_MS, state: hour && stateOfHour(hour), hour };
  });
}

/** `24 hours: 20 well, 4 dark`, for those who cannot see the strip. */
export function stripText(strip: readonly StripHour[]): string {
  const counts = STATE_NAMES.map((state) => [state, strip.filter((one) => one.state === state).length] as const);
  const missing = strip.filter(({ state }) => state === null).length;
  const parts = [
    ...counts.filter(([, hours]) => hours > 0).map(([state, hours]) => `${hours} ${state}`),
    ...(missing > 0 ? [`${missing} unknown`] : []),
  ];
  return `${strip.length} hours: ${parts.join(', ')}`;
}

/** `2 silent, 1 dark, 12 well`; states without a camera are left out. */
export function countsText({ states }: Pick<FootageCamerasAnswer, 'states'>): string {
  return STATE_NAMES.filter((state) => states[state] > 0)
    .map((state) => `${states[state]} ${state}`)
    .join(', ');
}

/** `1,204 frames, 3 films, brightness 93, sharpness 812`. */
export function hourText({ frames, films, faults, brightness, sharpness }: CameraHourAnswer): string {
  const many = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
  return [
    many(frames, 'frame'),
    ...(films > 0 ? [many(films, 'film')] : []),
    ...(faults > 0 ? [`${faults.toLocaleString('en')} not readable`] : []),
    ...(brightness === null ? [] : [`brightness ${Math.round(brightness)}`]),
    ...(sharpness === null ? [] : [`sharpness ${Math.round(sharpness).toLocaleString('en')}`]),
  ].join(', ');
}

/** The name of the camera's place; null where no detection names one. */
export function placeOf({
  geographical_location_oid: oid,
  geographical_location: name,
}: AnalysedCamera): string | null {
  return oid === null ? null : (placeName(name) ?? 'Unknown place');
}
