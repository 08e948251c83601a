/**
 * What a detection costs, as it was measured: the numbers that the plan of a larger system starts from.
 *
 * model.ts calculates with them, page.ts names the source of each. All are of one machine with two cores; a new
 * measurement changes a number here, and then `npm run bench:scale` writes the page anew.
 */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  /** A link, relative to `bench/`, where scale.md lies; or how it was measured. */
  readonly source: string;
}

const SPEED = '[bench/speed](speed/README.md#how-cost-grows)';
const BATCH = '[bench/batch](batch/README.md)';
const FOLDERS = 'files of a stack after twelve minutes at 12,400 records a second';

export const FIGURES = {
  workerMicros: { value: 20, unit: 'µs', what: 'of a worker, a record, with large rounds', source: SPEED },
  regionServerMicros: {
    value: 17,
    unit: 'µs',
    what: 'of a region server, a record: look-up and put beside two million rows in memory',
    source: '[bench/speed](speed/README.md#look-ups-beside-many-rows)',
  },
  kafkaMicros: { value: 2, unit: 'µs', what: 'of a broker, a record, written once and read twice', source: SPEED },
  archiveMicros: { value: 10.9, unit: 'µs', what: 'of the archive, a record', source: BATCH },
  publishMicros: {
    value: 1.44,
    unit: 'µs',
    what: 'of DuckDB, a record, reconciled and staged on two cores',
    source: BATCH,
  },
  sparkMicros: { value: 49.4, unit: 'µs', what: 'of Spark on two cores, a record, its start included', source: BATCH },
  kafkaBytes: { value: 171, unit: 'bytes', what: 'in the log, a record and a replica', source: FOLDERS },
  hbaseBytes: {
    value: 100,
    unit: 'bytes',
    what: 'in HBase, a record and a replica: 77 in files, and what was still in memory',
    source: FOLDERS,
  },
  lakeBytes: {
    value: 41,
    unit: 'bytes',
    what: 'in the lake, a record and a replica: raw 28, detections 13',
    source: FOLDERS,
  },
  heapBytesOfFile: {
    value: 230,
    unit: 'bytes',
    what: "of the NameNode's heap, a file with its block",
    source: '[footage packs](../docs/decisions/0017-footage-packs.md)',
  },
} as const satisfies Record<string, Figure>;
