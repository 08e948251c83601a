/**
 * The report of a run: what became of every record of the epoch, in numbers that add up (law L7).
 *
 * prepare.ts makes a draft from the relations that reconcile.ts leaves. The intent carries the draft, so that another
 * process can finish the run and write the manifest. run.ts completes it with the comparison. core/stores/lake/runs.ts
 * owns the shape.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { Comparison, Conflict, PartitionReport } from '../../core/stores/lake/runs.ts';
import type { z } from 'zod';
import type { Archive, ArchivedPartition, StagedFile } from '../model.ts';
import type { BatchContext } from '../context.ts';
import { endOf, nameOf, startOf } from '../../core/domain/epoch.ts';
import { addTallies, NO_TALLIES, recordsOf } from '../../core/domain/tallies.ts';
import { RunReport } from '../../core/stores/lake/runs.ts';
import { copiesOf, latenessOf } from './breakdown.ts';

/** The part of the report that is known before the epoch is published. */
export const Draft = RunReport.omit({
  result: true,
  published_at: true,
  resumed: true,
  comparison: true,
  rows_sha256: true,
  chain_sha256: true,
  changes: true,
});
export type Draft = z.infer<typeof Draft>;

interface DraftFacts {
  readonly epoch: Epoch;
  readonly attempt: string;
  readonly beganAt: number;
  readonly archive: Pick<Archive, 'partitions'>;
  readonly staged: readonly StagedFile[];
  readonly straysForwarded: number;
  readonly referenceVersion: number | null;
  /** Report of the epoch before; null for the first epoch of a generation. */
  readonly previous: RunReport | null;
  readonly steps: Draft['steps'];
}

const LISTED_CONFLICTS = 1_000;
/** A report is read as a whole, and names may have thousands of characters. The file of conflicts holds all of them. */
const LISTED_CONFLICT_BYTES = 1_048_576;
const LISTED_LOCATIONS = 1_000;

export async function draftOf(context: BatchContext, duck: Duck, facts: DraftFacts): Promise<Draft> {
  const { rules } = context;
  const { epoch, archive, staged, previous } = facts;
  const fates = new Map((await duck.rows(FATES)).map((row) => [Number(row.kafka_partition), row]));
  const partitions = archive.partitions.map((archived) =>
    partitionReport(archived, fates.get(archived.partition), previous?.partitions[archived.partition]),
  );
  const tallies = partitions.map((partition) => partition.tallies as Tallies).reduce(addTallies, NO_TALLIES);
  const published = staged.filter(({ path }) => path.startsWith('lake/detections/'));
  return {
    version: 1,
    ...{ epoch: nameOf(epoch, rules), epoch_number: epoch, generation: rules.generation, log_life: rules.logLife },
    ...{
      from: startOf(epoch, rules),
      to: endOf(epoch, rules),
      engine: context.settings.spark ? 'spark' : 'duckdb',
      attempt: facts.attempt,
    },
    ...{ began_at: facts.beganAt, reference_version: facts.referenceVersion, partitions, tallies },
    records: recordsOf(tallies),
    copies_of_earlier_epochs: sum([...fates.values()].map((row) => Number(row.copies_of_earlier))),
    copies: await copiesOf(duck, tallies.copies),
    late: await latenessOf(duck, rules),
    conflicts: await conflictsOf(duck),
    deferred: await deferredOf(duck),
    strays_forwarded: facts.straysForwarded,
    unknown_locations: await unknownLocationsOf(duck),
    rows: sum(published.map(({ rows }) => rows)),
    bytes: sum(published.map(({ bytes }) => bytes)),
    raw_bytes: sum(staged.filter(({ path }) => path.startsWith('lake/raw/')).map(({ bytes }) => bytes)),
    files: staged.map(({ path, bytes, sha256, rows }) => ({ path, bytes, sha256, rows })),
    steps: facts.steps,
  };
}

const FATES = `SELECT kafka_partition, SUM(detections)::BIGINT AS detections, SUM(new)::BIGINT AS new,
  SUM(deferred)::BIGINT AS deferred, SUM(copies_of_earlier)::BIGINT AS copies_of_earlier
  FROM fates GROUP BY kafka_partition`;

/** Throws if the partition's records do not add up: then the run has a bug, and nothing may be published. */
function partitionReport(
  archived: ArchivedPartition,
  fates: Row | undefined,
  previous: PartitionReport | undefined,
): PartitionReport {
  const { partition, first, cut, arrival, records, verdicts, deadLettersByReason } = archived;
  const newCount = Number(fates?.new ?? 0);
  const deferred = Number(fates?.deferred ?? 0);
  const detections = Number(fates?.detections ?? 0);
  const tallies: Tallies = {
    new: newCount,
    copies: detections - newCount - deferred,
    strays: verdicts.stray,
    deferred,
    dead_letters: verdicts.dead_letter,
    ticks: verdicts.tick,
    dead_letters_by_reason: deadLettersByReason,
  };
  if (recordsOf(tallies) !== records || detections !== verdicts.detection) {
    throw new Error(
      `Partition ${partition}: ${records} records were archived, but the tallies count ${recordsOf(tallies)} ` +
        `(${verdicts.detection} detections were archived, ${detections} reconciled)`,
    );
  }
  const before = (previous?.tallies_so_far as Tallies | undefined) ?? NO_TALLIES;
  return {
    ...{ partition, first, cut, arrival, records, tallies },
    tallies_so_far: addTallies(before, tallies),
    speed_tallies_so_far: null,
  };
}

async function conflictsOf(duck: Duck): Promise<Draft['conflicts']> {
  const [count] = await duck.rows('SELECT COUNT(*) AS n FROM conflicts');
  const rows = await duck.rows(`SELECT * EXCLUDE (bytes) FROM (
      SELECT *, SUM(strlen(first_item) + strlen(item_name)) OVER (ORDER BY kafka_partition, kafka_offset) AS bytes
      FROM (SELECT * FROM conflicts ORDER BY kafka_partition, kafka_offset LIMIT ${LISTED_CONFLICTS})
    ) WHERE bytes <= ${LISTED_CONFLICT_BYTES} ORDER BY kafka_partition, kafka_offset`);
  const listed = rows.map((row): Conflict => ({
    detection_oid: String(row.detection_oid),
    first: recordIn(
      row,
      'first_partition',
      'first_offset',
      'first_location',
      'first_camera',
      'first_item',
      'first_time',
    ),
    copy: recordIn(
      row,
      'kafka_partition',
      'kafka_offset',
      'geographical_location_oid',
      'video_camera_oid',
      'item_name',
      'timestamp_detected',
    ),
  }));
  return { count: Number(count!.n), listed };
}

/** One of the two records that a row of `conflicts` holds. */
function recordIn(row: Row, ...names: [string, string, string, string, string, string]): Conflict['first'] {
  const [partition, offset, location, camera, item, time] = names;
  return {
    kafka_partition: Number(row[partition]),
    kafka_offset: Number(row[offset]),
    payload: {
      geographical_location_oid: String(row[location]),
      video_camera_oid: String(row[camera]),
      item_name: String(row[item]),
      timestamp_detected: Number(row[time]),
    },
  };
}

async function deferredOf(duck: Duck): Promise<Draft['deferred']> {
  const [published] = await duck.rows('SELECT COUNT(*) AS n FROM detections WHERE is_deferred');
  const [copies] = await duck.rows('SELECT COUNT(*) AS n FROM met WHERE NOT is_published');
  return { published: Number(published!.n), copies: Number(copies!.n) };
}

async function unknownLocationsOf(duck: Duck): Promise<Draft['unknown_locations']> {
  const unknown = `SELECT geographical_location_oid, COUNT(*) AS n FROM detections
    WHERE geographical_location IS NULL GROUP BY geographical_location_oid`;
  const [total] = await duck.rows(`SELECT COUNT(*) AS places, COALESCE(SUM(n), 0)::BIGINT AS n FROM (${unknown})`);
  const rows = await duck.rows(`${unknown} ORDER BY n DESC, geographical_location_oid LIMIT ${LISTED_LOCATIONS}`);
  const listed = rows.map((row) => ({
    geographical_location_oid: String(row.geographical_location_oid),
    detections: Number(row.n),
  }));
  return { count: Number(total!.places), detections: Number(total!.n), listed };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

// ---- completed -----------------------------------------------------------------------------------------------------

/**
 * Proved: no difference and nothing unproven. Publishing repairs every difference, so the result is then `repaired`.
 */
function resultOf(comparison: Comparison): RunReport['result'] {
  if (comparison.differences.count > 0 || comparison.tally_differences.length > 0) return 'repaired';
  return comparison.unproven.length > 0 ? 'unproven' : 'proved';
}

export function completeReport(
  draft: Draft,
  facts: {
    comparison: Comparison;
    hashes: Pick<RunReport, 'rows_sha256' | 'chain_sha256'>;
    speedTallies: readonly (Tallies | null)[];
    resumed: boolean;
    publishedAt: number;
    steps: Draft['steps'];
  },
): RunReport {
  return {
    ...draft,
    partitions: draft.partitions.map((partition) => ({
      ...partition,
      speed_tallies_so_far: facts.speedTallies[partition.partition] ?? null,
    })),
    steps: [...draft.steps, ...facts.steps],
    resumed: facts.resumed,
    ...facts.hashes,
    comparison: facts.comparison,
    result: resultOf(facts.comparison),
    changes: [],
    published_at: facts.publishedAt,
  };
}
