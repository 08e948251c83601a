/**
 * `sightline config show|change`: prints the recorded rules beside what the environment asks for, and runs the commands
 * that change them.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Config } from '../../core/process/config.ts';
import type { Change } from './changes.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT } from '../../core/process/errors.ts';
import type { StopOrders } from '../../core/process/life.ts';
import { runCommand, stopOrders } from '../../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { openStores } from '../../core/stores/open.ts';
import { rulesAsRecorded } from '../../core/stores/control/recorded-rules.ts';
import { changesOf, commandsOf, settingsOf } from './changes.ts';

const PROGRAM = fileURLToPath(new URL('../../sightline.mjs', import.meta.url));

export function configCommand(): Command {
  const config = new Command('config').description('the recorded rules that every process counts by');
  config
    .command('show')
    .description('print the recorded rules, what the environment asks for, and what changes them')
    .option('--json', 'as JSON on standard output')
    .action((options: { json?: boolean }) => runCommand(() => show(readConfig(), options.json === true)));
  config
    .command('change')
    .description('make the recorded rules those of the environment')
    .option('--dry-run', 'print the commands that would be run, and run none')
    .addHelpText('after', HELP)
    .action((options: { dryRun?: boolean }) => runCommand(() => change(readConfig(), options.dryRun === true)));
  return config;
}

async function show(config: Config, json: boolean): Promise<number> {
  const settings = await withRecorded(config, settingsOf);
  if (json) process.stdout.write(`${JSON.stringify(settings, null, 2)}\n`);
  else for (const each of settings) process.stdout.write(`${lineOf(each)}\n`);
  return EXIT.done;
}

function lineOf({ setting, recorded, asked, command }: Change): string {
  const wish = asked === recorded ? '' : `; the environment asks for ${asked}`;
  return `${setting}=${recorded}${wish}; changed by "sightline ${command.join(' ')}"`;
}

async function change(config: Config, isDry: boolean): Promise<number> {
  const changes = await withRecorded(config, changesOf);
  if (changes.length === 0) {
    process.stderr.write('The environment asks for nothing but what is recorded\n');
    return EXIT.nothing_to_do;
  }
  for (const each of changes) process.stderr.write(`${each.setting}: ${each.recorded} → ${each.asked}\n`);
  const commands = commandsOf(changes);
  if (isDry) {
    for (const words of commands) process.stdout.write(`sightline ${words.join(' ')}\n`);
    return EXIT.done;
  }
  const orders = stopOrders();
  for (const words of commands) {
    process.stderr.write(`sightline ${words.join(' ')}\n`);
    const code = await runSightline(words, orders);
    if (code !== EXIT.done) return code;
  }
  return EXIT.done;
}

async function withRecorded<T>(
  config: Config,
  of: (rules: Parameters<typeof settingsOf>[0], config: Config) => T,
): Promise<T> {
  const stores = await withRetry(COMMAND_RETRY, () => openStores(config, { rules: rulesAsRecorded }));
  try {
    return of(stores.rules, config);
  } finally {
    await stores.close();
  }
}

/**
 * Runs a command of ours on this terminal and returns its exit code. Each signal to stop that this process gets goes on
 * to the command.
 */
function runSightline(words: readonly string[], { stop, hurry }: StopOrders): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: 'inherit' });
  const end = (): void => void child.kill('SIGTERM');
  const quicken = (): void => void child.kill('SIGQUIT');
  stop.addEventListener('abort', end, { once: true });
  hurry.addEventListener('abort', quicken, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      stop.removeEventListener('abort', end);
      hurry.removeEventListener('abort', quicken);
      resolve(code ?? EXIT.bug);
    });
  });
}

const HELP = `
The rules are recorded, so that all processes count by the same ones: a process whose environment asks for other rules
refuses to start. Set the new values in the environment of this command:

  KAFKA_PARTITIONS=24 npx sightline config change --dry-run
  EPOCH_SECONDS=3600 npx sightline config change

For more partitions the command runs "topic grow", while detections are counted. For other rules it runs "batch
rebuild", which publishes every epoch again from the archive; then start all processes with the new values.

Exit codes: 0 done, 2 usage, 3 nothing to change, and those of the commands that it runs.`;
