/** The command line, `npx sightline …`: one program, one sub-command a part. */
import { Command } from 'commander';
import { clusterCommand } from './hadoop-compose/cluster/command.ts';

const program = new Command('sightline')
  .description('Counts what cameras see, each detection exactly once.')
  .addCommand(clusterCommand());

await program.parseAsync();
