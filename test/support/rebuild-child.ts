/** `batch rebuild` in a process of its own that dies by SIGKILL at the crash point that is named. */
import { runRebuild } from '../../batch-layer/commands/rebuild.ts';
import type { RebuildCommandOptions } from '../../batch-layer/commands/rebuild.ts';

const [, , point, options] = process.argv;
await runRebuild(JSON.parse(options!) as RebuildCommandOptions, async (at) => {
  if (at !== point) return;
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
});
