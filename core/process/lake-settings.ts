/** Settings of the lake: part of the configuration (config.ts). The batch layer reads them (batch-layer/commands). */
import { z } from 'zod';

export const LAKE_SETTINGS = {
  /** Whether runs keep an Iceberg table over the files of detections (docs/decisions/0023-lake-table.md). */
  LAKE_TABLE: z.enum(['on', 'off']).default('on'),
} as const;
