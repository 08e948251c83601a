/** `sightline prepare`: topics, tables and folders on clusters that exist, or what its administrators must grant. */
import { Command, InvalidArgumentError } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { runCommand } from '../../core/process/life.ts';
import { sayOn } from '../../core/process/step-log.ts';
import type { LayerName } from './grants.ts';
import { LAYER_NAMES } from './grants.ts';
import { grantsText } from './grants-text.ts';
import { prepare } from './prepare.ts';

type Users = Partial<Record<LayerName, string>>;

interface Options {
  readonly printGrants?: boolean;
  readonly user: Users;
}

export function prepareCommand(): Command {
  return new Command('prepare')
    .description(
      'create topics, tables and folders where they are missing, and set topics as they must be; safe to repeat',
    )
    .option(
      '--print-grants',
      'create nothing; print what administrators of Kafka, HBase and HDFS must grant to the users of the layers',
    )
    .option(
      '--user <layer=name>',
      `with --print-grants: how a layer's user is called, if not as the layer (${LAYER_NAMES.join(', ')})`,
      userOf,
      {},
    )
    .action(({ printGrants, user }: Options) =>
      runCommand(async () => {
        if (!printGrants) return prepare(readConfig(), sayOn());
        process.stdout.write(grantsText(readConfig(), (layer) => user[layer] ?? layer));
      }),
    );
}

function userOf(text: string, before: Users): Users {
  const [layer, name] = text.split('=');
  const known = LAYER_NAMES.find((one) => one === layer);
  if (known && name && /^[\w.@/-]+$/.test(name)) return { ...before, [known]: name };
  throw new InvalidArgumentError(`Expected <layer>=<name>, with a layer of ${LAYER_NAMES.join(', ')}.`);
}
