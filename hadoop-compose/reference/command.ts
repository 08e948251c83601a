/** `sightline reference load FILE.csv`: good lines go into HBase, bad ones are named, and then the exit code is 4. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import { runCommand } from '../../core/process/life.ts';
import { COMMAND_RETRY, retrying } from '../../core/process/retry.ts';
import { controlStore } from '../../core/stores/control.ts';
import { openHBase } from '../../core/stores/open.ts';
import { locationsStore } from '../../core/stores/locations.ts';
import { readReference } from './csv.ts';
import { loadReference } from './load.ts';
import type { ReferenceLoad } from './load.ts';

export function referenceCommand(): Command {
  const reference = new Command('reference').description('dataset B: the names of places');
  reference
    .command('load')
    .argument('<file.csv>', 'columns geographical_location_oid and geographical_location, named in the first line')
    .description('put places into HBase; places are added and renamed, never removed; safe to repeat')
    .option('--json', 'the outcome as JSON on standard output')
    .addHelpText('after', '\nExit codes: 0 all lines taken, 2 no such file or no such columns, 4 some lines were bad, 5 HBase is away.')
    .action((file: string, options: { json?: boolean }) => runCommand(() => load(file, options.json === true)));
  return reference;
}

async function load(file: string, json: boolean): Promise<number> {
  const { locations, badLines } = readReference(textOf(file));
  const outcome = await intoHBase(locations);
  for (const { line, because } of badLines) process.stderr.write(`${file}:${line}: ${because}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ ...outcome, bad_lines: badLines })}\n`);
  else {
    const { version, added, renamed, locations: all } = outcome;
    process.stderr.write(
      `${locations.length} good lines, ${badLines.length} bad ones; ${added} places added, ${renamed} renamed; ` +
        `the table is version ${version} with ${all} places\n`,
    );
  }
  return badLines.length > 0 ? EXIT.data_check_failed : EXIT.done;
}

async function intoHBase(locations: Parameters<typeof loadReference>[0]): Promise<ReferenceLoad> {
  const config = readConfig();
  const hbase = openHBase(config);
  try {
    const control = controlStore(hbase, config.HBASE_NAMESPACE);
    const store = locationsStore(hbase, config.HBASE_NAMESPACE);
    return await retrying(COMMAND_RETRY, () => loadReference(locations, control, store));
  } finally {
    await hbase.close();
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (fault) {
    throw new Refusal(EXIT.usage, `${file} cannot be read: ${messageOf(fault)}`);
  }
}
