/**
 * The report of a run as its page shows it: the comparison by partition and by place, and the first entries of each
 * list.
 *
 * A report names every difference and every conflict, and there can be very many. The page has the first ones, says how
 * many there are, and links to the whole as JSON. Server and browser make it from the same answer of the API.
 */
import type { RunAnswer } from '../../serving/answers.ts';

/** Entries of a list on the page. */
const MOST_LISTED = 100;

const COPIED_FIELDS = [
  'epoch',
  'from',
  'to',
  'result',
  'began_at',
  'published_at',
  'engine',
  'resumed',
  'generation',
  'reference_version',
  'records',
  'tallies',
  'rows',
  'bytes',
  'strays_forwarded',
  'deferred',
  'copies_of_earlier_epochs',
  'steps',
] as const;
type CopiedFields = Pick<RunAnswer, (typeof COPIED_FIELDS)[number]>;

interface PartitionRow {
  readonly partition: number;
  readonly first: number;
  readonly cut: number;
  readonly records: number;
  /** New detections that each layer has counted so far; `speed` is null if the run did not compare. */
  readonly batch: number;
  readonly speed: number | null;
  /** Cells and tallies whose counts differ. */
  readonly differences: number;
}

interface PlaceDifference {
  readonly oid: string;
  readonly cells: number;
  readonly batch: number;
  readonly speed: number;
}

export interface Report extends CopiedFields {
  readonly cells: number;
  readonly differenceCount: number;
  readonly unproven: readonly string[];
  readonly partitions: readonly PartitionRow[];
  readonly places: readonly PlaceDifference[];
  readonly differences: RunAnswer['comparison']['differences']['listed'];
  readonly tallyDifferences: RunAnswer['comparison']['tally_differences'];
  readonly conflictCount: number;
  readonly conflicts: RunAnswer['conflicts']['listed'];
  readonly unknownPlaces: RunAnswer['unknown_locations'];
  readonly fileCount: number;
}

export function reportOf(run: RunAnswer): Report {
  const { differences, tally_differences, cells, unproven } = run.comparison;
  return {
    ...(Object.fromEntries(COPIED_FIELDS.map((name) => [name, run[name]])) as CopiedFields),
    cells,
    differenceCount: differences.count + tally_differences.length,
    unproven,
    partitions: partitionRows(run),
    places: byPlace(differences.listed),
    differences: differences.listed.slice(0, MOST_LISTED),
    tallyDifferences: tally_differences.slice(0, MOST_LISTED),
    conflictCount: run.conflicts.count,
    conflicts: run.conflicts.listed.slice(0, MOST_LISTED),
    unknownPlaces: { ...run.unknown_locations, listed: run.unknown_locations.listed.slice(0, MOST_LISTED) },
    fileCount: run.files.length,
  };
}

function partitionRows({ partitions, comparison }: RunAnswer): PartitionRow[] {
  const differing = (partition: number): number =>
    [...comparison.differences.listed, ...comparison.tally_differences].filter((one) => one.partition === partition)
      .length;
  return partitions.map(({ partition, first, cut, records, tallies_so_far, speed_tallies_so_far }) => ({
    partition,
    first,
    cut,
    records,
    batch: tallies_so_far.new,
    speed: speed_tallies_so_far?.new ?? null,
    differences: differing(partition),
  }));
}

function byPlace(listed: RunAnswer['comparison']['differences']['listed']): PlaceDifference[] {
  const places = new Map<string, PlaceDifference>();
  for (const { geographical_location_oid: oid, batch, speed } of listed) {
    const sum = places.get(oid) ?? { oid, cells: 0, batch: 0, speed: 0 };
    places.set(oid, { oid, cells: sum.cells + 1, batch: sum.batch + batch, speed: sum.speed + speed });
  }
  return [...places.values()]
    .sort((a, b) => Math.abs(b.batch - b.speed) - Math.abs(a.batch - a.speed))
    .slice(0, MOST_LISTED);
}

export function isEpochName(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}(T\d{4}(\d{2})?)?$/.test(text);
}
