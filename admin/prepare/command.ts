/** `sightline prepare`: topics, tables and folders on clusters that exist. */
import { Command } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { runCommand } from '../../core/process/life.ts';
import { sayOn } from '../../core/process/step-log.ts';
import { prepare } from './prepare.ts';

export function prepareCommand(): Command {
  return new Command('prepare')
    .description(
      'create topics, tables and folders where they are missing, and set topics as they must be; safe to repeat',
    )
    .action(() => runCommand(() => prepare(readConfig(), sayOn())));
}
