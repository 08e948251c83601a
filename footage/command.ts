/**
 * `sightline footage`: the agent of a camera gateway, settling and packing in HDFS, and what was no footage.
 */
import { Command } from 'commander';
import { readConfig } from '../core/process/config.ts';
import type { Config } from '../core/process/config.ts';
import { EXIT } from '../core/process/errors.ts';
import { runCommand, stopOrders, stopSignal } from '../core/process/life.ts';
import { COMMAND_RETRY, withRetry } from '../core/process/retry.ts';
import { numberBetween } from '../hadoop-compose/start/options.ts';
import { sayOn } from '../core/process/step-log.ts';
import { visible } from '../core/process/visible.ts';
import { hdfs } from '../core/stores/hdfs/hdfs.ts';
import { runAgent } from './agent.ts';
import { analyseCommand } from './analysis/command.ts';
import { foldersIn } from './folders.ts';
import { packCommand } from './packs/command.ts';
import { listRejected } from './rejected.ts';
import { eraseCommand, pruneCommand } from './retention-commands.ts';
import { listSetAside, settle } from './settle.ts';
import type { Settled } from './settle.ts';
import { serveSettling } from './settle-service.ts';

export function footageCommand(): Command {
  return new Command('footage')
    .description('pictures and films of the cameras: take them in, settle them in HDFS')
    .addCommand(agentCommand())
    .addCommand(settleCommand())
    .addCommand(packCommand())
    .addCommand(analyseCommand())
    .addCommand(rejectedCommand())
    .addCommand(pruneCommand())
    .addCommand(eraseCommand());
}

function agentCommand(): Command {
  return new Command('agent')
    .description('run on a camera gateway: pass on what cameras put into the hand-over folder, through Flume, to HDFS')
    .addHelpText('after', AGENT_HELP)
    .action(() =>
      runCommand(async () => {
        const orders = stopOrders();
        await runAgent(readConfig(), sayOn(), orders);
      }),
    );
}

function settleCommand(): Command {
  return new Command('settle')
    .description('check what has arrived in HDFS, remove second copies, and move each file to its folder')
    .option('--every <seconds>', 'go on, with so many seconds between two passes', numberBetween(0.2, 86_400))
    .addHelpText('after', SETTLE_HELP)
    .action((options: { every?: number }) =>
      runCommand(async () => {
        const config = readConfig();
        if (options.every === undefined) return settleOnce(config);
        return serveSettling(config, options.every, stopSignal());
      }),
    );
}

async function settleOnce(config: Config): Promise<number> {
  const signal = stopSignal();
  const done = await withRetry(COMMAND_RETRY, () => settle(hdfs(config), Date.now), { signal });
  process.stdout.write(`${sentence(done)}\n`);
  return done.settled + done.copies + done.rejected + done.erased === 0 ? EXIT.nothing_to_do : EXIT.done;
}

function sentence({ settled, bytes, copies, recovered, rejected, erased, waiting }: Settled): string {
  const parts = [
    `${settled} files settled (${(bytes / 1e6).toFixed(1)} MB)`,
    ...(recovered > 0 ? [`${recovered} of them recovered from a killed agent`] : []),
    `${copies} second copies removed`,
    `${rejected} set aside`,
    ...(erased > 0 ? [`${erased} removed because of an erase order`] : []),
    `${waiting} still open`,
  ];
  return parts.join(', ');
}

function rejectedCommand(): Command {
  return new Command('rejected')
    .description('list files that are no footage: those of this gateway, and those that were set aside in HDFS')
    .option('--json', 'one JSON object a line')
    .option('--local', 'only those of this gateway, without asking HDFS')
    .action((options: { json?: boolean; local?: boolean }) =>
      runCommand(async () => {
        const config = readConfig();
        const own = listRejected(foldersIn(config.FOOTAGE_FOLDER));
        const setAside = options.local
          ? []
          : await withRetry(COMMAND_RETRY, () => listSetAside(hdfs(config)), { signal: stopSignal() });
        const all = [...own, ...setAside.map((one) => ({ ...one, camera: '' }))];
        const text = (one: (typeof all)[number]): string =>
          options.json
            ? JSON.stringify(one)
            : `${one.at || '-'}  ${one.reason.padEnd(14)}  ${String(one.bytes).padStart(10)}  ` +
              `${visible(one.camera || 'HDFS')}/${visible(one.name)}`;
        process.stdout.write(all.map((one) => `${text(one)}\n`).join(''));
        return all.length === 0 ? EXIT.nothing_to_do : EXIT.done;
      }),
    );
}

const AGENT_HELP = `
Cameras put files into FOOTAGE_FOLDER/handover/<video_camera_oid>/: write beside, then rename. A file's name begins
with its time in milliseconds since 1970 and, if it shows a detection, "-" and the detection_oid:
1795996800123-9001.jpg. A file with another name counts as taken when it was last changed. JPEG, PNG and MP4 are told
by their content. What is empty, too large or of another type goes to FOOTAGE_FOLDER/rejected ("sightline footage
rejected").

The agent needs a Java of 17 or newer. It fetches Flume once. One agent runs in one folder.

Environment:
  FOOTAGE_FOLDER        the agent's folders, on one file system (.sightline/footage)
  FOOTAGE_GREATEST_MB   the largest file (256); Flume's heap grows with it
  WEBHDFS_URL           the NameNode; HDFS_URL where it does not name its file system itself
  SIGHTLINE_ROOT        the folder in HDFS (/sightline); HADOOP_USER owns the files
  METRICS_PORT          /metrics, /healthz and /readyz (0: any free port, named in the log)

Exit codes: 0 stopped, 2 usage, 5 HDFS or Maven is away, another agent works in the folder, or its disk is full of
other things.`;

const SETTLE_HELP = `
Flume delivers each file at least once. This command reads what has arrived, compares its hash with the one in its
name, and renames it to footage/camera=<oid>/dt=<date>/<time>_<detection>_<sha256>.<jpg|png|mp4>. A second copy is
removed. A file that a killed agent left open is written again after 90 s, if all of it had arrived. What is not what
its name says is set aside in footage/_rejected. What "sightline footage erase --execute" asked for is removed. It may
be killed and run again at any time, also twice at once.

With --every it also removes, once an hour, what is older than FOOTAGE_RETENTION_DAYS (7; 0 keeps everything). It
serves /metrics, /healthz and /readyz on METRICS_PORT (0: any free port, named in the log).

Exit codes: 0 something was settled, removed or set aside, 2 usage, 3 nothing had arrived, 5 HDFS is away.`;
