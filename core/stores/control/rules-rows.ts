/**
 * The row `rules` of the table `control`: the rules of the generation that holds, with the topic's id (laws L5, L6,
 * L10).
 *
 * control.ts composes it; recorded-rules.ts compares it with the configuration at each start. The first process records
 * the row, a switch replaces it; both by check-and-put. How the topic grew has a row of its own (growth-rows.ts).
 * While a system moves to another store of rows, and after it, `moving` keeps every process from counting there.
 */
import { z } from 'zod';
import type { Rules } from '../../domain/rules.ts';
import type { JsonAgreements } from '../rows/json-rows.ts';
import { EXIT, Refusal } from '../../process/errors.ts';

export interface RecordedRules extends Rules {
  /** Kafka's id of the topic: another id is another log life. */
  readonly topicId: string;
  /** `here`: a rebuild brings the counts of another store and has not switched yet; `away`: they are in another one. */
  readonly moving?: 'here' | 'away';
}

export interface RulesRows {
  rules(): Promise<RecordedRules | null>;
  /** Records rules unless some are recorded; returns what holds now. */
  recordRules(rules: RecordedRules): Promise<RecordedRules>;
  /** Makes another generation the one that holds; false if `from` is not (any more) what is recorded. */
  switchRules(from: RecordedRules, to: RecordedRules): Promise<boolean>;
  /** Says that the counts are in another store from now on; false if `from` is not (any more) what is recorded. */
  retireRules(from: RecordedRules): Promise<boolean>;
}

export function rulesRows(cell: JsonAgreements): RulesRows {
  return {
    rules: () => cell.read('rules', readRules),
    async recordRules(rules) {
      await cell.create({ row: 'rules', timestamp: rules.generation, json: jsonOfRules(rules) });
      return (await cell.read('rules', readRules)) ?? rules;
    },
    async switchRules(from, to) {
      // Begin with the rebuild's row, to keep the members that a newer version wrote there.
      const whole = await cell.read(`rules/${to.generation}`, (json) => json as object);
      const json = { ...whole, ...jsonOfRules(to) };
      return cell.replace(jsonOfRules(from), { row: 'rules', timestamp: to.generation, json }, readRulesJson);
    },
    retireRules(from) {
      // A greater generation: processes of the old one end, and none begins.
      const to: RecordedRules = { ...from, generation: from.generation + 1, moving: 'away' };
      const put = { row: 'rules', timestamp: to.generation, json: jsonOfRules(to) };
      return cell.move(jsonOfRules(from), put, readRulesJson);
    },
  };
}

const whole = z.number().int();
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
  /** Features that a program must know to count by these rules; a program that lacks one stops. */
  requires: z.array(z.string()).optional(),
});
type RulesJson = z.infer<typeof RulesJson>;

const OWN_FIRST_MET = 'own_first_met';
const MOVING = { here: 'moves_here', away: 'moved_away' } as const;
const KNOWN: readonly string[] = [OWN_FIRST_MET, ...Object.values(MOVING)];

/** What the row holds of the rules. */
export function jsonOfRules(rules: RecordedRules): RulesJson {
  const row = RulesJson.parse(rules);
  const requires = [...(rules.ownFirstMet ? [OWN_FIRST_MET] : []), ...(rules.moving ? [MOVING[rules.moving]] : [])];
  return requires.length > 0 ? { ...row, requires } : row;
}

export const readRulesJson = (json: unknown): RulesJson => RulesJson.parse(json);

export function readRules(json: unknown): RecordedRules {
  const { requires = [], ...rules } = readRulesJson(json);
  const unknown = requires.filter((name) => !KNOWN.includes(name));
  if (unknown.length === 0) {
    const moving = (['here', 'away'] as const).find((where) => requires.includes(MOVING[where]));
    return {
      ...rules,
      ...(requires.includes(OWN_FIRST_MET) ? { ownFirstMet: true as const } : {}),
      ...(moving ? { moving } : {}),
    };
  }
  throw new Refusal(
    EXIT.usage,
    `A newer version of the program recorded the rules of generation ${rules.generation}. ` +
      `They ask for ${unknown.join(', ')}, which this version does not know. Run the newer version.`,
  );
}
