/**
 * The table `control`: the few facts that all layers agree on, one JSON cell a row.
 *
 *   rules                       what was recorded for the generation (domain/rules.ts), with the topic's id; timestamp = generation
 *   rules/<generation>          the same of a generation that is being rebuilt; timestamp 1
 *   growth/<generation>         how the topic grew, and for which epochs that is settled; timestamp = number of the change; check-and-put
 *   stamps/<log life>/<partition>       what is settled of a partition's stamps, and corrections (stamp-rows.ts); check-and-put
 *   met/<generation>/<epoch>    the generation's first-met rows of a published epoch are written by its rebuild; timestamp 1
 *   read/<generation>/<from>/<partition>   everything that arrived before the growth at `from` is counted; timestamp 1
 *   progress/<generation>/<partition>   up to where the speed layer's effects are in HBase; timestamp = next offset
 *   cut/<generation>/<partition>/<offset>   the speed layer's tallies of all records before an epoch's cut; timestamp = the cut
 *   horizon/<generation>        the last published epoch with its cuts; timestamp = the epoch's number; moved by check-and-put
 *   reference                   version and size of dataset B; timestamp = version
 *   lease/<name>                who holds what only one may hold; timestamp = number of the renewal
 *
 * A stale writer of progress loses to a greater offset, two writers of one offset write the same bytes: JSON is written with
 * its members in one fixed order. Rows move by check-and-put with members of other versions kept (json-cells.ts).
 */
import { z } from 'zod';
import type { Epoch } from '../domain/epoch.ts';
import type { Grace } from '../domain/grace.ts';
import type { Growth } from '../domain/growth.ts';
import type { Rules } from '../domain/rules.ts';
import type { Tallies } from '../domain/tallies.ts';
import type { Instant } from '../domain/time.ts';
import type { HBaseClient } from './hbase/types.ts';
import { EXIT, Refusal } from '../process/errors.ts';
import type { StampRows } from './stamp-rows.ts';
import { jsonCells } from './json-cells.ts';
import { stampRows } from './stamp-rows.ts';

export interface RecordedRules extends Rules {
  /** Kafka's id of the topic: another id is another log life. */
  readonly topicId: string;
}

/** How the topic grew: rules that change while a generation lives (stores/growth.ts). */
export interface GrowthRecord {
  /** Raised by each change. */
  readonly change: number;
  /** Nobody can record a growth any more that begins with this epoch or an earlier one; -1: with any. */
  readonly settled: number;
  readonly growths: readonly Growth[];
  /** The topic is being given so many partitions; from when on they count is not recorded yet. */
  readonly growingTo: number | null;
}

/** Up to where a partition's effects are in HBase. */
export interface Progress {
  readonly partition: number;
  readonly nextOffset: number;
  /** Arrival of the last record before nextOffset (arrival.ts). */
  readonly arrival: Instant;
  /** Of all records of the generation before nextOffset. */
  readonly tallies: Tallies;
}

/** The speed layer's tallies where an epoch ends: what the batch layer proves its own against. */
export interface CutTallies {
  readonly partition: number;
  /** The first offset of the next epoch. */
  readonly cut: number;
  /** Of all records of the generation before the cut. */
  readonly tallies: Tallies;
}

/** The seam: the last published epoch and where it ends in each partition. A version before this one recorded no grace. */
export interface Horizon extends Partial<Grace> {
  readonly epoch: Epoch;
  /** Per partition: the first offset after the epoch. */
  readonly cuts: readonly number[];
  /** Per partition: the arrival reached before the cut, to go on from. */
  readonly arrivals: readonly Instant[];
  readonly publishedAt: Instant;
}

export interface Reference {
  readonly version: number;
  readonly locations: number;
  readonly loadedAt: Instant;
}

/** The lock that a run of the batch layer holds. */
export const LAKE_LEASE = 'lake';
/** Of whoever makes or removes a generation. */
export const REBUILD_LEASE = 'rebuild';
/** Owner of a lease that was given back. */
export const NOBODY = '';

export interface Lease {
  readonly owner: string;
  /** Grows with each renewal; a lease whose number stands still for its length is dead. */
  readonly renewal: number;
  readonly lengthMs: number;
}

export interface ControlStore extends StampRows {
  rules(): Promise<RecordedRules | null>;
  /** Records rules unless some are recorded; returns what holds now. */
  recordRules(rules: RecordedRules): Promise<RecordedRules>;
  /** The rules of a generation that is being rebuilt; null if none is. */
  rebuilding(generation: number): Promise<RecordedRules | null>;
  /** Records what a rebuild works towards unless that generation has its rules; returns what holds now. */
  recordRebuild(rules: RecordedRules): Promise<RecordedRules>;
  /** Changes what a rebuild works towards, which nobody may have begun to count by; false if `from` is not what is recorded. */
  moveRebuild(from: RecordedRules, to: RecordedRules): Promise<boolean>;
  /** Of each published epoch, whether a rebuild has written the generation's first-met rows. */
  firstMetWritten(generation: number, epochs: readonly Epoch[]): Promise<boolean[]>;
  putFirstMetWritten(generation: number, epoch: Epoch): Promise<void>;
  /** What nobody has changed yet is change 0. */
  growth(generation: number): Promise<GrowthRecord>;
  /** Records `to`; false if `from` is not (any more) what is recorded. */
  moveGrowth(generation: number, from: GrowthRecord, to: Omit<GrowthRecord, 'change'>): Promise<boolean>;
  /** Of each partition, whether it is known that everything in it that arrived before `from` is counted. */
  readUpTo(generation: number, from: Instant, partitions: readonly number[]): Promise<boolean[]>;
  putReadUpTo(generation: number, from: Instant, partitions: readonly number[]): Promise<void>;
  /** Makes another generation the one that holds; false if `from` is not (any more) what is recorded. */
  switchRules(from: RecordedRules, to: RecordedRules): Promise<boolean>;
  /** One entry a partition, null where nothing was processed yet. */
  progress(generation: number, partitions: readonly number[]): Promise<(Progress | null)[]>;
  /** Writes what was passed first, then the progress, so that whoever sees a progress finds every cut before it. */
  putProgress(generation: number, progress: readonly Progress[], cuts?: readonly CutTallies[]): Promise<void>;
  /** One entry a cut that was asked for; null where the speed layer has not processed a record at or after it. */
  cutTallies(generation: number, cuts: readonly Omit<CutTallies, 'tallies'>[]): Promise<(CutTallies | null)[]>;
  horizon(generation: number): Promise<Horizon | null>;
  /** Moves the horizon; false if it is not (any more) what the caller read. */
  moveHorizon(generation: number, from: Horizon | null, to: Horizon): Promise<boolean>;
  reference(): Promise<Reference | null>;
  moveReference(from: Reference | null, to: Reference): Promise<boolean>;
  lease(name: string): Promise<Lease | null>;
  moveLease(name: string, from: Lease | null, to: Lease): Promise<boolean>;
}

export function controlStore(hbase: HBaseClient, namespace: string): ControlStore {
  const cell = jsonCells(hbase, `${namespace}:control`);
  return {
    ...stampRows(cell),
    rules: () => cell.read('rules', readRules),
    async recordRules(rules) {
      await cell.create({ row: 'rules', timestamp: rules.generation, json: ofRow(rules) });
      return (await cell.read('rules', readRules)) ?? rules;
    },
    rebuilding: (generation) => cell.read(`rules/${generation}`, readRules),
    async recordRebuild(rules) {
      const row = `rules/${rules.generation}`;
      await cell.create({ row, timestamp: 1, json: ofRow(rules) });
      return (await cell.read(row, readRules)) ?? rules;
    },
    moveRebuild: (from, to) => cell.move(ofRow(from), { row: `rules/${to.generation}`, timestamp: 1, json: ofRow(to) }, readRow),
    async firstMetWritten(generation, epochs) {
      const rows = await cell.readAll(epochs.map((epoch) => metRow(generation, epoch)), () => true);
      return rows.map((row) => row === true);
    },
    putFirstMetWritten: (generation, epoch) => cell.put([{ row: metRow(generation, epoch), timestamp: 1, json: { epoch } }]),
    growth: async (generation) => (await cell.read(growthRow(generation), readGrowth)) ?? NOT_GROWN,
    moveGrowth(generation, from, to) {
      const next: GrowthRecord = { ...to, change: from.change + 1 };
      return cell.move(from.change === 0 ? null : from, { row: growthRow(generation), timestamp: next.change, json: next }, readGrowth);
    },
    async readUpTo(generation, from, partitions) {
      const rows = await cell.readAll(partitions.map((partition) => readUpToRow(generation, from, partition)), () => true);
      return rows.map((row) => row === true);
    },
    putReadUpTo: (generation, from, partitions) =>
      cell.put(partitions.map((partition) => ({ row: readUpToRow(generation, from, partition), timestamp: 1, json: { from, partition } }))),
    async switchRules(from, to) {
      // As the row of the rebuild stands, with what a newer version wrote there.
      const whole = await cell.read(`rules/${to.generation}`, (json) => json as object);
      const json = { ...whole, ...ofRow(to) };
      return cell.replace(ofRow(from), { row: 'rules', timestamp: to.generation, json }, readRow);
    },
    progress: (generation, partitions) =>
      cell.readAll(
        partitions.map((partition) => progressRow(generation, partition)),
        readProgress,
      ),
    async putProgress(generation, all, cuts = []) {
      await cell.put(cuts.map((passed) => ({ row: cutRow(generation, passed), timestamp: passed.cut, json: passed })));
      await cell.put(all.map((p) => ({ row: progressRow(generation, p.partition), timestamp: p.nextOffset, json: p })));
    },
    cutTallies: (generation, cuts) =>
      cell.readAll(
        cuts.map((cut) => cutRow(generation, cut)),
        readCutTallies,
      ),
    horizon: (generation) => cell.read(`horizon/${generation}`, readHorizon),
    moveHorizon: (generation, from, to) => cell.move(from, { row: `horizon/${generation}`, timestamp: to.epoch, json: to }, readHorizon),
    reference: () => cell.read('reference', readReference),
    moveReference: (from, to) => cell.move(from, { row: 'reference', timestamp: to.version, json: to }, readReference),
    lease: (name) => cell.read(`lease/${name}`, readLease),
    moveLease: (name, from, to) => cell.move(from, { row: `lease/${name}`, timestamp: to.renewal, json: to }, readLease),
  };
}

const growthRow = (generation: number): string => `growth/${generation}`;

const metRow = (generation: number, epoch: Epoch): string => `met/${generation}/${epoch}`;

const readUpToRow = (generation: number, from: Instant, partition: number): string => `read/${generation}/${from}/${partition}`;

const progressRow = (generation: number, partition: number): string => `progress/${generation}/${partition}`;

const cutRow = (generation: number, { partition, cut }: Omit<CutTallies, 'tallies'>): string =>
  `cut/${generation}/${partition}/${cut}`;

// ---- what the cells hold -------------------------------------------------------------------------------------------

const whole = z.number().int();
/** Tallies as they are written down, here and in the reports of the batch layer (runs.ts). */
export const TalliesJson = z.object({
  new: whole,
  copies: whole,
  strays: whole,
  deferred: whole,
  dead_letters: whole,
  ticks: whole,
  dead_letters_by_reason: z.record(z.string(), whole),
});
const ProgressJson = z.object({ partition: whole, nextOffset: whole, arrival: whole, tallies: TalliesJson });
const CutTalliesJson = z.object({ partition: whole, cut: whole, tallies: TalliesJson });
const HorizonJson = z.object({ epoch: whole, cuts: z.array(whole), arrivals: z.array(whole), publishedAt: whole, graceMs: whole.optional(), keptUntil: whole.optional() });
const ReferenceJson = z.object({ version: whole, locations: whole, loadedAt: whole });
const LeaseJson = z.object({ owner: z.string(), renewal: whole, lengthMs: whole });
const RulesJson = z.object({
  generation: whole,
  logLife: whole,
  epochSeconds: whole,
  dedupWindowDays: whole,
  clockAheadDays: whole,
  partitionCount: whole,
  firstEpoch: whole,
  firstOffsets: z.array(whole),
  topicId: z.string(),
  /** What a program must know to count by these rules: one that does not know all of it stops. */
  requires: z.array(z.string()).optional(),
});

const GrowthJson = z.object({
  change: whole,
  settled: whole,
  growths: z.array(z.looseObject({ from: whole, partitions: whole })),
  growingTo: whole.nullable(),
});
const NOT_GROWN: GrowthRecord = { change: 0, settled: -1, growths: [], growingTo: null };

const OWN_FIRST_MET = 'own_first_met';

/** What the row of the rules holds of them: how the topic grew has a row of its own. */
function ofRow(rules: RecordedRules): z.infer<typeof RulesJson> {
  const row = RulesJson.parse(rules);
  return rules.ownFirstMet ? { ...row, requires: [OWN_FIRST_MET] } : row;
}

const readRow = (json: unknown): z.infer<typeof RulesJson> => RulesJson.parse(json);

function readRules(json: unknown): RecordedRules {
  const { requires = [], ...rules } = readRow(json);
  const unknown = requires.filter((name) => name !== OWN_FIRST_MET);
  if (unknown.length === 0) return requires.length === 0 ? rules : { ...rules, ownFirstMet: true };
  throw new Refusal(
    EXIT.usage,
    `The rules of generation ${rules.generation} were recorded by a newer version of the program: they ask for ${unknown.join(', ')}, which this ` +
      'version does not know and would count wrong without. Run the newer version.',
  );
}

// The casts put the domain's brands on what has just been checked to be whole numbers.
const readGrowth = (json: unknown): GrowthRecord => GrowthJson.parse(json) as unknown as GrowthRecord;
const readProgress = (json: unknown): Progress => ProgressJson.parse(json) as Progress;
const readCutTallies = (json: unknown): CutTallies => CutTalliesJson.parse(json) as CutTallies;
const readHorizon = (json: unknown): Horizon => HorizonJson.parse(json) as unknown as Horizon;
const readReference = (json: unknown): Reference => ReferenceJson.parse(json) as Reference;
const readLease = (json: unknown): Lease => LeaseJson.parse(json);
