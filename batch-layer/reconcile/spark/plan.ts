/**
 * The plan of a Spark job: which files it reads, which statements it runs, where it writes. job.py reads it as JSON.
 *
 * Paths are whole, with scheme: Spark runs on other machines and knows nothing of SIGHTLINE_ROOT.
 */
import type { Rules } from '../../../core/domain/rules.ts';
import { STRAY_HEADER } from '../../../core/domain/verdict.ts';
import { MET_COLUMNS } from '../../../core/layout/lake-columns.ts';
import { DECIDE, DETECTIONS_FILE, OUTPUTS, PUBLISHED, TELL, textOf, TOP_ITEMS_FILE } from '../../sql/statements.ts';

export interface JobPaths {
  /** Raw files of the epoch. */
  readonly raw: readonly string[];
  /** First-met rows of earlier epochs. */
  readonly earlier: readonly string[];
  readonly locations: string;
  /** The folder of what is published, with dt=<date> below it. */
  readonly lake: string;
  /** Where the job writes one folder for each relation. */
  readonly out: string;
}

export interface Plan extends JobPaths {
  readonly epoch: string;
  readonly decide: readonly { makes: string; sql: string }[];
  readonly tell: readonly { makes: string; sql: string }[];
  readonly detections_file: string;
  readonly top_items_file: string;
  readonly met_schema: string;
  /** Relations that only the report needs: small ones. */
  readonly told: readonly string[];
  readonly stray_header: string;
  readonly rows_per_file: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export function planOf(
  places: JobPaths,
  facts: { epoch: string; rules: Rules; rowsPerFile: number; metadata: Readonly<Record<string, string>> },
): Plan {
  const { epoch, rules, rowsPerFile, metadata } = facts;
  const filled = (statements: typeof DECIDE): Plan['decide'] =>
    statements.map((each) => ({ makes: each.makes, sql: textOf(each, rules) }));
  return {
    ...places,
    epoch,
    decide: filled(DECIDE),
    tell: filled([...TELL, PUBLISHED]),
    detections_file: textOf(DETECTIONS_FILE),
    top_items_file: textOf(TOP_ITEMS_FILE),
    met_schema: MET_COLUMNS.map(([name, type]) => `${name} ${type === 'VARCHAR' ? 'STRING' : type}`).join(', '),
    told: OUTPUTS.filter((relation) => relation !== 'detections' && relation !== 'met' && relation !== 'conflicts'),
    stray_header: STRAY_HEADER,
    rows_per_file: rowsPerFile,
    metadata,
  };
}

/** A task of a shuffle handles about so many records; fewer tasks than cores would leave some idle. */
const RECORDS_PER_SHUFFLE = 1_000_000;
const LEAST_SHUFFLES = 2;

export function shufflesOf(records: number): number {
  return Math.max(LEAST_SHUFFLES, Math.ceil(records / RECORDS_PER_SHUFFLE));
}
