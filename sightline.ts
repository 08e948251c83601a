/**
 * The command line, `npx sightline …`: one program, one sub-command a part.
 *
 * Each part brings its own command, so that what a command can do is written where it is done. Sub-commands are loaded only when
 * they are asked for, because the native drivers behind some of them take a moment.
 */
import { Command, Option } from 'commander';
import { endInTime } from './core/process/life.ts';

const PARTS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./hadoop-compose/start/command.ts')).startCommand(),
  cluster: async () => (await import('./hadoop-compose/cluster/command.ts')).clusterCommand(),
  prepare: async () => (await import('./hadoop-compose/prepare/command.ts')).prepareCommand(),
  reference: async () => (await import('./hadoop-compose/reference/command.ts')).referenceCommand(),
  produce: async () => (await import('./hadoop-compose/cameras/command.ts')).produceCommand(),
  doctor: async () => (await import('./hadoop-compose/doctor/command.ts')).doctorCommand(),
  spark: async () => (await import('./hadoop-compose/spark/command.ts')).sparkCommand(),
  speed: async () => (await import('./speed-layer/command.ts')).speedCommand(),
  batch: async () => (await import('./batch-layer/command.ts')).batchCommand(),
  serve: async () => (await import('./serving/command.ts')).serveCommand(),
  config: async () => (await import('./hadoop-compose/config/command.ts')).configCommand(),
  topic: async () => (await import('./hadoop-compose/topic/command.ts')).topicCommand(),
  dlq: async () => (await import('./hadoop-compose/dead-letters/command.ts')).deadLettersCommand(),
  user: async () => (await import('./serving/command.ts')).userCommand(),
};

const program = new Command('sightline')
  .description('Counts what cameras see, each detection exactly once.')
  .version('0.1.0')
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

await program.parseAsync();
endInTime();
