/**
 * The rows of a generation that is being rebuilt: `rules/<generation>` and `met/<generation>/<epoch>` (laws L6 and L9).
 *
 * control.ts composes them; `batch rebuild` writes them, and a worker of the new generation reads its rules from them.
 * The second kind says that the rebuild has written the first-met rows of one published epoch.
 */
import type { Epoch } from '../../domain/epoch.ts';
import type { JsonAgreements, JsonFacts } from '../rows/json-rows.ts';
import type { RecordedRules } from './rules-rows.ts';
import { jsonOfRules, readRules, readRulesJson } from './rules-rows.ts';

export interface RebuildRows {
  /** The rules of a generation that is being rebuilt; null if none is. */
  rebuilding(generation: number): Promise<RecordedRules | null>;
  /** Records the rules of a rebuild unless that generation has rules; returns what holds now. */
  recordRebuild(rules: RecordedRules): Promise<RecordedRules>;
  /** Changes the rules of a rebuild, by which nobody counts yet; false if `from` is not what is recorded. */
  moveRebuild(from: RecordedRules, to: RecordedRules): Promise<boolean>;
  /** Of each published epoch, whether a rebuild has written the generation's first-met rows. */
  firstMetWritten(generation: number, epochs: readonly Epoch[]): Promise<boolean[]>;
  putFirstMetWritten(generation: number, epoch: Epoch): Promise<void>;
}

export function rebuildRows(agreed: JsonAgreements, facts: JsonFacts): RebuildRows {
  return {
    rebuilding: (generation) => agreed.read(`rules/${generation}`, readRules),
    async recordRebuild(rules) {
      const row = `rules/${rules.generation}`;
      await agreed.create({ row, timestamp: 1, json: jsonOfRules(rules) });
      return (await agreed.read(row, readRules)) ?? rules;
    },
    moveRebuild: (from, to) =>
      agreed.move(
        jsonOfRules(from),
        { row: `rules/${to.generation}`, timestamp: 1, json: jsonOfRules(to) },
        readRulesJson,
      ),
    async firstMetWritten(generation, epochs) {
      const rows = await facts.readAll(
        epochs.map((epoch) => metRow(generation, epoch)),
        () => true,
      );
      return rows.map((row) => row === true);
    },
    putFirstMetWritten: (generation, epoch) =>
      facts.put([{ row: metRow(generation, epoch), timestamp: 1, json: { epoch } }]),
  };
}

const metRow = (generation: number, epoch: Epoch): string => `met/${generation}/${epoch}`;
