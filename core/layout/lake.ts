/**
 * The folders and files of the lake: Hive layout, UTC, names that begin with `_` are ours.
 *
 * The batch layer writes them, serving and data scientists read them. All paths are relative to SIGHTLINE_ROOT. An
 * epoch's files have its name, so that a published epoch can be recognized and checked, and never changes.
 *
 *   lake/raw/epoch=<epoch>/part-<partition>-<first>-<last>.parquet   (part-l<log life>-… from log life 2)
 *   lake/detections/dt=<date>/hour=<hh>/<epoch>-<n>.parquet          dt and hour of timestamp_detected
 *   lake/top_items/dt=<date>/<epoch>.parquet
 *   lake/locations/<epoch>.parquet
 *   lake/_runs/<epoch>.json                                          manifest and report
 *   lake/_runs/_intents/<epoch>.json                                 files on their way from staging to the lake
 *   lake/_runs/_archive/<epoch>/<n>.json                             raw files that were archived before the epoch is published
 *   lake/_runs/_attempts/<epoch>-<began>.json                        attempts that failed
 *   lake/_runs/_met/<epoch>[-<n>].parquet                             ids first met in the epoch, for the runs that follow
 *   lake/_runs/_conflicts/<epoch>.parquet                            every copy with another payload, if there are any
 *   lake/_runs/_differences/<epoch>.parquet                          cells whose speed and batch counts differ, if the report cannot hold all
 *   lake/_runs/_changes/<number>.json                                files that replaced others, with the reason (core/stores/lake/changes.ts)
 *   lake/_tables/detections/metadata/…                               the Iceberg table over lake/detections (batch-layer/table)
 *   lake/_changing/<number>/…                                        the new files of a change until they have their final paths, and its work
 *   lake/_retired/<number>/…                                         files that a change replaced, until nobody reads them any more
 *   lake/_staging/<epoch>/…                                          the same paths below it, not published yet
 *   _generation-<n>/lake/…                                           a whole lake of another generation: being rebuilt, or retired
 *   _switch.json                                                     which lake replaces which, while a switch is under way
 */
export const LAKE = 'lake';
export const RUNS = `${LAKE}/_runs`;
export const STAGING = `${LAKE}/_staging`;

export function rawFile(options: {
  epoch: string;
  logLife: number;
  partition: number;
  first: number;
  last: number;
}): string {
  const life = options.logLife >= 2 ? `l${options.logLife}-` : '';
  return `${rawFolder(options.epoch)}/part-${life}${options.partition}-${options.first}-${options.last}.parquet`;
}

export function detectionsFile(options: { date: string; hour: number; epoch: string; n: number }): string {
  const hour = String(options.hour).padStart(2, '0');
  return `${LAKE}/detections/dt=${options.date}/hour=${hour}/${options.epoch}-${options.n}.parquet`;
}

/** A change numbers its files from here on, so that no name comes twice; a run begins at 0. */
const NAMES_OF_A_CHANGE = 1_000;

/** Of a file of detections that the change makes; `at` counts the files of one hour. */
export function changedFileNumber(change: number, at: number): number {
  if (at >= NAMES_OF_A_CHANGE) throw new RangeError(`an hour has more than ${NAMES_OF_A_CHANGE} files of one change`);
  return change * NAMES_OF_A_CHANGE + at;
}

/** Whether a change made the file: then it may hold rows of earlier epochs than the one in its name. */
export function isChangedFile(path: string): boolean {
  return Number(/-(\d+)\.parquet$/.exec(path)?.[1] ?? 0) >= NAMES_OF_A_CHANGE;
}

/** The epoch in the name of a file of detections: the newest of which it holds rows. */
export function epochOfDetectionsFile(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/-\d+\.parquet$/, '');
}

export function topItemsFile(options: { date: string; epoch: string }): string {
  return `${LAKE}/top_items/dt=${options.date}/${options.epoch}.parquet`;
}

export const locationsFile = (epoch: string): string => `${LAKE}/locations/${epoch}.parquet`;
export const manifestFile = (epoch: string): string => `${RUNS}/${epoch}.json`;
export const intentFile = (epoch: string): string => `${RUNS}/_intents/${epoch}.json`;
export const ARCHIVE_JOURNALS = `${RUNS}/_archive`;
export const archiveJournal = (epoch: string): string => `${ARCHIVE_JOURNALS}/${epoch}`;
export const archiveEntry = (epoch: string, n: number): string =>
  `${archiveJournal(epoch)}/${String(n).padStart(6, '0')}.json`;
export const rawFolder = (epoch: string): string => `${LAKE}/raw/epoch=${epoch}`;
export const attemptFile = (epoch: string, began: string): string => `${RUNS}/_attempts/${epoch}-${began}.json`;
export const MET = `${RUNS}/_met`;
/** Large epochs have several, by partition and offset. */
export const metFile = (epoch: string, n = 0): string => `${MET}/${epoch}${n === 0 ? '' : `-${n}`}.parquet`;
export const conflictsFile = (epoch: string): string => `${RUNS}/_conflicts/${epoch}.parquet`;
export const differencesFile = (epoch: string): string => `${RUNS}/_differences/${epoch}.parquet`;
export const CHANGES = `${RUNS}/_changes`;
export const changeFile = (change: number): string => `${CHANGES}/${String(change).padStart(6, '0')}.json`;
export const CHANGING = `${LAKE}/_changing`;
export const changingFolder = (change: number): string => `${CHANGING}/${String(change).padStart(6, '0')}`;
/** Detections that a forgetting takes out of the store of rows. */
export const leavingFile = (change: number): string => `${changingFolder(change)}/_work.parquet`;
/** Cells of counts as they are after a forgetting that takes counts. */
export const recountedFile = (change: number): string => `${changingFolder(change)}/_counts.parquet`;
export const RETIRED = `${LAKE}/_retired`;
/** Where a file lies that the change replaced. */
export const retiredFile = (change: number, path: string): string =>
  `${RETIRED}/${String(change).padStart(6, '0')}/${path}`;
/** The Iceberg table over the files of detections: a folder with nothing but its metadata. */
export const DETECTIONS_TABLE = `${LAKE}/_tables/detections`;
/** A whole lake of another generation, beside the one that readers see. */
export const generationFolder = (generation: number): string => `_generation-${generation}`;
/** A switch to another generation that was begun. */
export const SWITCH_FILE = '_switch.json';
export const stagingFolder = (epoch: string): string => `${STAGING}/${epoch}`;
