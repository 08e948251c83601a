/**
 * What runs a given number of detections a second: workers, partitions, servers, disks and nights, from the figures.
 *
 * Pure arithmetic; page.ts prints it, and queue.ts checks by simulation that the number of workers keeps up. A process
 * is planned at 60 % of its core: rates have peaks, and a worker that dies leaves its partitions to the others.
 */
import { FIGURES } from './figures.ts';

export const SHARE_OF_A_CORE = 0.6;
const REPLICAS = 3;
const DAY_SECONDS = 86_400;
const MICROS = 1e6;
/** First-met rows live for W (three days) and as long as Kafka may deliver a record again (a day and some hours). */
const FIRST_MET_DAYS = 4.2;
/** A night is to end within an hour. */
const NIGHT_SECONDS = 3_600;
const LEAST_PARTITIONS = 12;
/** A file of the lake; smaller ones cost the NameNode more, larger ones a reader. */
const LAKE_FILE_BYTES = 256e6;
/** Records that a Spark core publishes in a second, by the same figure. */
const SPARK_CORE_RECORDS = MICROS / FIGURES.sparkMicros.value / 2;

export interface Plan {
  readonly ratePerSecond: number;
  readonly workers: number;
  readonly partitions: number;
  readonly regionServerCores: number;
  readonly brokerCores: number;
  /** Into all brokers, replicas included. */
  readonly logMegabytesPerSecond: number;
  readonly logTerabytesPerDay: number;
  readonly firstMetTerabytes: number;
  readonly lakeTerabytesPerYear: number;
  readonly lakeFilesPerYear: number;
  readonly nameNodeMegabytesPerYear: number;
  /** Keeps up with the log all day, so that nothing is left to read when the epoch ends. */
  readonly archiveCores: number;
  /** One machine with two cores publishes a day in this time. */
  readonly publishHours: number;
  /** Spark cores that publish a day within an hour. */
  readonly sparkCores: number;
}

export function planFor(ratePerSecond: number): Plan {
  const cores = (micros: number): number => Math.ceil((ratePerSecond * micros) / MICROS / SHARE_OF_A_CORE);
  const perDay = ratePerSecond * DAY_SECONDS;
  const workers = cores(FIGURES.workerMicros.value);
  const lakeBytesPerYear = 365 * perDay * FIGURES.lakeBytes.value;
  const lakeFilesPerYear = Math.ceil(lakeBytesPerYear / LAKE_FILE_BYTES);
  return {
    ratePerSecond,
    workers,
    // Twice the workers, so that one more worker has something to take.
    partitions: Math.max(LEAST_PARTITIONS, 2 * workers),
    regionServerCores: cores(FIGURES.regionServerMicros.value),
    brokerCores: cores(FIGURES.kafkaMicros.value),
    logMegabytesPerSecond: (ratePerSecond * FIGURES.kafkaBytes.value * REPLICAS) / 1e6,
    logTerabytesPerDay: (perDay * FIGURES.kafkaBytes.value * REPLICAS) / 1e12,
    firstMetTerabytes: (FIRST_MET_DAYS * perDay * FIGURES.hbaseBytes.value * REPLICAS) / 1e12,
    lakeTerabytesPerYear: (lakeBytesPerYear * REPLICAS) / 1e12,
    lakeFilesPerYear,
    nameNodeMegabytesPerYear: (lakeFilesPerYear * FIGURES.heapBytesOfFile.value) / 1e6,
    archiveCores: cores(FIGURES.archiveMicros.value),
    publishHours: (perDay * FIGURES.publishMicros.value) / MICROS / 3_600,
    sparkCores: Math.ceil(perDay / NIGHT_SECONDS / SPARK_CORE_RECORDS),
  };
}
