/**
 * `sightline rows show TABLE KEY`: one row of HBase, decoded, for whoever looks for a fault. It changes nothing.
 */
import { Command } from 'commander';
import type { TableName } from '../../core/layout/tables.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { visible, visibleJson } from '../../core/process/visible.ts';
import { TABLES } from '../../core/layout/tables.ts';
import { openRowStore } from '../../core/stores/open.ts';
import type { RowStore } from '../../core/stores/room/row-store.ts';
import { needsRules, rowKey } from './row-key.ts';
import { showRow } from './show-row.ts';
import type { ShownRow } from './show-row.ts';

export function rowsCommand(): Command {
  const rows = new Command('rows').description('rows of the store, for whoever looks for a fault');
  rows
    .command('show')
    .argument('<table>', TABLES.join(', '))
    .argument('<key>', 'which row; each table has its own form, see below')
    .description('print one row as JSON, with its key and its cells decoded')
    .addHelpText('after', HELP)
    .action((table: string, key: string) => runCommand(() => show(table, key)));
  return rows;
}

const HELP = `
Keys:
  detections   17                             a detection_oid
  locations    17                             a geographical_location_oid
  speed_view   2026-11-22/2026-11-22T14/17/3  epoch, hour of timestamp_detected (UTC), place, partition
  batch_view   2026-11-22/2026-11-22T14/17    epoch, hour of timestamp_detected (UTC), place
  control      progress/1/3                   the text of the key: rules, horizon/1, progress/GENERATION/PARTITION, …
  any table    0x8000000011                   the bytes of the key in hexadecimal digits, as logs print them
In the views the place may be "all": the row of all places together. A row of a place holds its whole group of places.

Exit codes: 0 printed, 2 usage, 3 there is no such row, 5 the store of rows is away.`;

async function show(tableText: string, keyText: string): Promise<number> {
  const table = TABLES.find((each) => each === tableText);
  if (!table) throw new Refusal(EXIT.usage, `The table is "${tableText}"; one of ${TABLES.join(', ')} was expected`);
  const store = openRowStore(readConfig());
  try {
    const shown = await withRetry(COMMAND_RETRY, () => readRow(store, table, keyText));
    if (shown) {
      process.stdout.write(`${visibleJson(shown, 2)}\n`);
      return EXIT.done;
    }
    process.stderr.write(`The table ${table} has no row ${visible(keyText)}\n`);
    return EXIT.nothing_to_do;
  } finally {
    await store.close();
  }
}

/** Null if there is no such row. */
export async function readRow(
  store: Pick<RowStore, 'control' | 'cellsOf'>,
  table: TableName,
  keyText: string,
): Promise<ShownRow | null> {
  // Keys that need no rules are checked first: a wrong one is told though HBase is away.
  if (!needsRules(table, keyText)) rowKey(table, keyText, null);
  const hasEpochs = table === 'speed_view' || table === 'batch_view';
  const rules = hasEpochs ? await store.control.rules() : null;
  if (needsRules(table, keyText) && !rules)
    throw new Refusal(EXIT.usage, 'No rules are recorded yet, so no epoch has a name: run "sightline prepare" first');
  const row = rowKey(table, keyText, rules);
  const cells = await store.cellsOf(table, row);
  return cells ? showRow(table, row, cells, rules) : null;
}
