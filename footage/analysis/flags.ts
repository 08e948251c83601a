/**
 * What is wrong with a camera in an hour, from the numbers of the hour. Pure.
 *
 * camera-hours-of-facts.ts counts the numbers, sum-up.ts keeps the order of hours. A camera that is silent has no
 * numbers to judge. Dark, frozen and blurred are judged from the first frames on, so an alert need not wait for the end
 * of the hour.
 */
import type { Config } from '../../core/process/config.ts';
import type { CameraFlag, CameraHour } from '../../core/stores/footage/camera-hours.ts';

export type FlagRules = Pick<
  Config,
  | 'FOOTAGE_DARK_BELOW'
  | 'FOOTAGE_BLURRED_BELOW'
  | 'FOOTAGE_FROZEN_PERCENT'
  | 'FOOTAGE_FROZEN_FRAMES'
  | 'FOOTAGE_FROZEN_BITS'
  | 'FOOTAGE_KNOWN_DAYS'
>;

export type HourNumbers = Pick<CameraHour, 'frames' | 'films' | 'brightness' | 'sharpness' | 'alike' | 'detections'>;

export function flagsOf(hour: HourNumbers, rules: FlagRules): CameraFlag[] {
  const { frames, brightness, sharpness, alike } = hour;
  const isDark = brightness !== null && brightness < rules.FOOTAGE_DARK_BELOW;
  const isFrozen = frames >= rules.FOOTAGE_FROZEN_FRAMES && alike * 100 >= frames * rules.FOOTAGE_FROZEN_PERCENT;
  return [
    ...(isDark ? (['dark'] as const) : []),
    ...(isFrozen ? (['frozen'] as const) : []),
    // A dark picture has no edges either.
    ...(!isDark && sharpness !== null && sharpness < rules.FOOTAGE_BLURRED_BELOW ? (['blurred'] as const) : []),
  ];
}

/** What earlier hours say of a camera. */
export interface KnownCamera {
  readonly place: string | null;
  readonly hadFootage: boolean;
}

/**
 * Whether a known camera is silent in an hour that is wholly analysed. One that has handed over footage is, without
 * footage; one that has only sent detections is, without those, if the lake has detections of the hour at all.
 */
export function isSilent(
  { hadFootage }: KnownCamera,
  { frames, films, detections }: HourNumbers,
  lakeHasHour: boolean,
): boolean {
  if (frames + films > 0) return false;
  return hadFootage || (detections === 0 && lakeHasHour);
}
