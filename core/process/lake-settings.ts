/** Settings of the lake: part of the configuration (config.ts). The batch layer reads them (batch-layer/commands). */
import { z } from 'zod';

const days = z.coerce.number().int().min(0).max(36_500).default(0);

export const LAKE_SETTINGS = {
  /** How many days after its end an epoch keeps its detections, and its raw files; 0: for ever. */
  LAKE_RETENTION_DAYS: days,
  LAKE_RAW_RETENTION_DAYS: days,
  /** Whether runs keep an Iceberg table over the files of detections (docs/decisions/0023-lake-table.md). */
  LAKE_TABLE: z.enum(['on', 'off']).default('on'),
} as const;
