/** `sightline doctor`: says what is wrong with a machine and with the clusters that the environment names. */
import { Command, Option } from 'commander';
import type { LayerName } from '../../admin/prepare/grants.ts';
import { LAYER_NAMES } from '../../admin/prepare/grants.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT } from '../../core/process/errors.ts';
import { runCommand } from '../../core/process/life.ts';
import { addressesIn, withRowStore } from '../stack/row-store.ts';
import { stackFrom } from '../stack/stack.ts';
import { examine } from './checks.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'say what is wrong with this machine, or with the clusters that the environment names; changes nothing',
    )
    .option('--json', 'the findings as JSON on standard output')
    .addOption(
      new Option('--layer <name>', 'also whether this user may do what the layer must do, and no more').choices(
        LAYER_NAMES,
      ),
    )
    .action((options: { json?: boolean; layer?: LayerName }) =>
      runCommand(() => doctor(options.json === true, options.layer)),
    );
}

async function doctor(json: boolean, layer: LayerName | undefined): Promise<number> {
  const stack = stackFrom();
  const config = readConfig({ ...addressesIn(withRowStore(stack, {})), ...process.env });
  const findings = await examine(config, stack, layer);
  if (json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else
    for (const { check, ok, found } of findings) process.stdout.write(`${ok ? 'ok   ' : 'WRONG'} ${check}: ${found}\n`);
  return findings.every(({ ok }) => ok) ? EXIT.done : EXIT.dependency_down;
}
