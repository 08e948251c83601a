/**
 * The table `control`: the few facts that all layers agree on, one JSON cell a row.
 *
 *   rules                       the rules of the current generation (domain/rules.ts), with the topic's id;
 * timestamp = generation
 *   rules/<generation>          the same of a generation that is being rebuilt; timestamp 1
 *   growth/<generation>         how the topic grew, and for which epochs that is settled; timestamp = number of the
 * change; check-and-put
 *   stamps/<log life>/<partition>       what is settled of a partition's stamps, and corrections (stamp-rows.ts);
 * check-and-put
 *   met/<generation>/<epoch>    the generation's first-met rows of a published epoch are written by its rebuild;
 * timestamp 1
 *   read/<generation>/<from>/<partition>   everything that arrived before the growth at `from` is counted; timestamp 1
 *   progress/<generation>/<partition>   up to where the speed layer's effects are in HBase; timestamp = next offset
 *   doubt/<generation>/<partition>      up to which offset a worker counts in doubt (domain/doubt.ts);
 * timestamp = that offset
 *   cut/<generation>/<partition>/<offset>   the speed layer's tallies of all records before an epoch's cut;
 * timestamp = the cut
 *   horizon/<generation>        the last published epoch with its cuts; timestamp = the epoch's number; moved by
 * check-and-put
 *   forgetting/<generation>     the newest forgetting, and whether it is under way; timestamp = twice the number of its
 * change, and one more when it is done; moved by check-and-put
 *   reference                   version and size of dataset B; timestamp = version
 *   lease/<name>                who holds what only one may hold; timestamp = number of the renewal
 *
 * Each kind of row has a file of its own here. Rows move by check-and-put and keep the members of other versions
 * (json-rows.ts).
 */
import type { HBaseClient } from '../../hbase/types.ts';
import type { ForgettingRow } from './forgetting-row.ts';
import type { GrowthRows } from './growth-rows.ts';
import type { HorizonRow } from './horizon-row.ts';
import type { LeaseRows } from './lease-rows.ts';
import type { ProgressRows } from './progress-rows.ts';
import type { RebuildRows } from './rebuild-rows.ts';
import type { ReferenceRow } from './reference-row.ts';
import type { RulesRows } from './rules-rows.ts';
import type { StampRows } from './stamp-rows.ts';
import type { JsonAgreements, JsonFacts } from '../rows/json-rows.ts';
import { jsonCells } from '../rows/json-cells.ts';
import { forgettingRow } from './forgetting-row.ts';
import { growthRows } from './growth-rows.ts';
import { horizonRow } from './horizon-row.ts';
import { leaseRows } from './lease-rows.ts';
import { progressRows } from './progress-rows.ts';
import { rebuildRows } from './rebuild-rows.ts';
import { referenceRow } from './reference-row.ts';
import { rulesRows } from './rules-rows.ts';
import { stampRows } from './stamp-rows.ts';

export interface ControlStore
  extends
    RulesRows,
    RebuildRows,
    GrowthRows,
    StampRows,
    ProgressRows,
    HorizonRow,
    ForgettingRow,
    ReferenceRow,
    LeaseRows {}

export function controlStore(hbase: HBaseClient, namespace: string): ControlStore {
  const cells = jsonCells(hbase, `${namespace}:control`);
  return controlOf(cells, cells);
}

/** On any store: the rows that processes agree on by comparing, and those that they put. */
export function controlOf(agreed: JsonAgreements, facts: JsonFacts, { mayDoubt = false } = {}): ControlStore {
  return {
    ...rulesRows(agreed),
    ...rebuildRows(agreed, facts),
    ...growthRows(agreed, facts),
    ...stampRows(agreed),
    ...progressRows(facts, mayDoubt),
    ...horizonRow(agreed),
    ...forgettingRow(agreed),
    ...referenceRow(agreed),
    ...leaseRows(agreed),
  };
}
