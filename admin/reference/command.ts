/** `sightline reference load FILE.csv`: good lines go into HBase, bad ones are named, and then the exit code is 4. */
import { Command } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { EXIT } from '../../core/process/errors.ts';
import { runCommand } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { visible, visibleJson } from '../../core/process/visible.ts';
import { openRowStore } from '../../core/stores/open.ts';
import { bytesOf } from './file.ts';
import { loadReference } from './load.ts';
import type { ReferenceLoad } from './load.ts';
import { readReference } from './locations.ts';

export function referenceCommand(): Command {
  const reference = new Command('reference').description('dataset B: the names of places');
  reference
    .command('load')
    .argument('<file.csv>', 'columns geographical_location_oid and geographical_location, named in the first line')
    .description('put places into the store of rows; places are added and renamed, never removed; safe to repeat')
    .option('--encoding <name>', 'what a file is in that is neither UTF-8 nor UTF-16, such as windows-1252')
    .option('--json', 'the outcome as JSON on standard output')
    .addHelpText('after', help)
    .action((file: string, options: LoadOptions) => runCommand(() => load(file, options)));
  return reference;
}

interface LoadOptions {
  readonly encoding?: string;
  readonly json?: boolean;
}

const help = `
Commas, semicolons, tabs or bars may stand between the columns, lines may end in any way, other columns are passed over.
A line that cannot be taken is named, and the others are taken.

Exit codes: 0 all lines taken, 2 no such file or no such columns, 4 some lines were bad, 5 the store of rows is away.`;

async function load(file: string, { encoding, json }: LoadOptions): Promise<number> {
  const { locations, badLines, blankRows, hints } = readReference(bytesOf(file), encoding);
  const outcome = await intoStore(locations);
  for (const { line, because } of badLines) process.stderr.write(`${file}:${line}: ${visible(because)}\n`);
  for (const hint of hints) process.stderr.write(`${file}: ${hint}\n`);
  if (json) process.stdout.write(`${visibleJson({ ...outcome, blank_rows: blankRows, bad_lines: badLines, hints })}\n`);
  else {
    const { version, added, renamed, locations: all } = outcome;
    process.stderr.write(
      `${locations.length} good lines, ${badLines.length} bad ones` +
        `${blankRows > 0 ? `, ${blankRows} blank rows` : ''}; ${added} places added, ${renamed} renamed; ` +
        `the table is version ${version} with ${all} places\n`,
    );
  }
  return badLines.length > 0 ? EXIT.data_check_failed : EXIT.done;
}

async function intoStore(locations: Parameters<typeof loadReference>[0]): Promise<ReferenceLoad> {
  const store = openRowStore(readConfig());
  try {
    return await withRetry(COMMAND_RETRY, () => loadReference(locations, store.control, store.locations));
  } finally {
    await store.close();
  }
}
