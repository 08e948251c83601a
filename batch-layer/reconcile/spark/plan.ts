/**
 * The plan of a Spark job: the files that it reads, the statements that it runs, and where it writes.
 *
 * stage.ts writes it as JSON for job.py. Paths are complete URLs, because Spark runs on other machines and does not
 * know SIGHTLINE_ROOT.
 */
import type { Rules } from '../../../core/domain/rules.ts';
import { STRAY_HEADER } from '../../../core/domain/verdict.ts';
import { MET_COLUMNS } from '../../../core/layout/lake-columns.ts';
import {
  DETECTIONS_FILE,
  FIRST_MET_STATEMENTS,
  OUTCOME_STATEMENTS,
  OUTPUTS,
  PUBLISHED,
  textOf,
  TOP_ITEMS_FILE,
} from '../../sql/statements.ts';

interface JobPaths {
  /** Raw files of the epoch. */
  readonly raw: readonly string[];
  /** First-met rows of earlier epochs. */
  readonly earlier: readonly string[];
  readonly locations: string;
  /** The folder of published detections, with folders dt=<date> below it. */
  readonly lake: string;
  /** The folder in which the job writes one folder for each relation. */
  readonly out: string;
}

export interface Plan extends JobPaths {
  readonly epoch: string;
  readonly first_met_statements: readonly { makes: string; sql: string }[];
  readonly outcome_statements: readonly { makes: string; sql: string }[];
  readonly detections_file: string;
  readonly top_items_file: string;
  readonly met_schema: string;
  /** Relations that only the report needs; they are small. */
  readonly report_relations: readonly string[];
  readonly stray_header: string;
  readonly rows_per_file: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export function planOf(
  paths: JobPaths,
  facts: { epoch: string; rules: Rules; rowsPerFile: number; metadata: Readonly<Record<string, string>> },
): Plan {
  const { epoch, rules, rowsPerFile, metadata } = facts;
  const fill = (statements: typeof FIRST_MET_STATEMENTS): Plan['first_met_statements'] =>
    statements.map((each) => ({ makes: each.makes, sql: textOf(each, rules) }));
  return {
    ...paths,
    epoch,
    first_met_statements: fill(FIRST_MET_STATEMENTS),
    outcome_statements: fill([...OUTCOME_STATEMENTS, PUBLISHED]),
    detections_file: textOf(DETECTIONS_FILE),
    top_items_file: textOf(TOP_ITEMS_FILE),
    met_schema: MET_COLUMNS.map(([name, type]) => `${name} ${type === 'VARCHAR' ? 'STRING' : type}`).join(', '),
    report_relations: OUTPUTS.filter(
      (relation) => relation !== 'detections' && relation !== 'met' && relation !== 'conflicts',
    ),
    stray_header: STRAY_HEADER,
    rows_per_file: rowsPerFile,
    metadata,
  };
}

/** About so many records for each task of a shuffle; with fewer tasks than cores, some cores would be idle. */
const RECORDS_PER_SHUFFLE = 1_000_000;
const LEAST_SHUFFLES = 2;

export function shufflesOf(records: number): number {
  return Math.max(LEAST_SHUFFLES, Math.ceil(records / RECORDS_PER_SHUFFLE));
}
