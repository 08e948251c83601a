/**
 * The command line, `npx sightline …`: one program, one sub-command a part.
 *
 * commands.ts has the sub-commands, which are loaded only when they are called. A command that changes something is
 * written to the audit trail when it begins and when it ends (core/process/command-audit.ts); if that cannot be
 * written, the command does not run.
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { PARTS } from './commands.ts';
import { auditCommand } from './core/process/command-audit.ts';
import { EXIT } from './core/process/errors.ts';
import { endInTime, runCommand } from './core/process/life.ts';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };
const program = new Command('sightline')
  .description('Counts what cameras see, each detection exactly once.')
  .version(version)
  // Says in the process table whose part this is (hadoop-compose/cluster/left-behind.ts); nothing reads it here.
  .addOption(new Option('--part-of <mark>').hideHelp())
  .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : 2));

const asked = process.argv.slice(2).find((argument) => argument in PARTS);
const wanted = asked === undefined ? Object.values(PARTS) : [PARTS[asked]!];
for (const part of wanted) program.addCommand(withUsageExit(await part()));

function withUsageExit(command: Command): Command {
  command.exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : 2));
  command.commands.forEach(withUsageExit);
  return command;
}

let hasEnded: ((exitCode: number) => void) | null = null;
program.hook('preAction', (_program, asked) => {
  const words = asked.parent === program ? asked.name() : `${asked.parent!.name()} ${asked.name()}`;
  hasEnded = auditCommand({ words, args: asked.args, options: asked.opts() });
});
program.hook('postAction', () => hasEnded?.(Number(process.exitCode ?? EXIT.done)));

await program.parseAsync().catch((fault: unknown) =>
  runCommand(async () => {
    throw fault;
  }),
);
endInTime();
