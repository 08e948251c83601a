/**
 * The settings of the analysis of footage: from which numbers on a camera is called dark, blurred, frozen or silent.
 *
 * config.ts reads them with all others. An hour that was summed up keeps its flags until it is summed up again.
 */
import { z } from 'zod';

export const FOOTAGE_ANALYSIS_SETTINGS = {
  /** Mean luma of an hour's frames, 0 (black) to 255, under which a camera is dark. A street at night has some 30. */
  FOOTAGE_DARK_BELOW: z.coerce.number().min(0).max(255).default(20),
  /** Mean sharpness (variance of the Laplacian) under which a camera is blurred. Pictures with edges have hundreds. */
  FOOTAGE_BLURRED_BELOW: z.coerce.number().min(0).max(1_000_000).default(20),
  /** A camera is frozen if so many percent of an hour's frames look like the most frequent one … */
  FOOTAGE_FROZEN_PERCENT: z.coerce.number().min(1).max(100).default(95),
  /** … in an hour with at least so many frames; fewer prove nothing. */
  FOOTAGE_FROZEN_FRAMES: z.coerce.number().int().min(2).max(1_000_000).default(20),
  /** In how many of 64 bits the hashes of two frames that look alike may differ. Noise turns one or two. */
  FOOTAGE_FROZEN_BITS: z.coerce.number().int().min(0).max(32).default(2),
  /** A camera that had footage or detections in so many days before an hour, and has none in it, is silent. */
  FOOTAGE_KNOWN_DAYS: z.coerce.number().int().min(1).max(31).default(2),
};
