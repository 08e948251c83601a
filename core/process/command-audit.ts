/**
 * Which commands of `sightline` change something, and their lines in the audit trail.
 *
 * sightline.ts calls it before and after each command. Every command is in one of the two lists; a test checks that, so
 * that nobody forgets a new command. A dry run changes nothing. A command that was killed has a beginning and no end.
 */
import { hostname, userInfo } from 'node:os';
import { createAudit } from './audit.ts';
import { auditFileIn } from './config.ts';

export const CHANGING = [
  'start',
  'produce',
  'prepare',
  'reference load',
  'cluster up',
  'cluster down',
  'cluster reset',
  'config change',
  'topic grow',
  'topic correct-stamps',
  'batch run',
  'batch archive',
  'batch prune',
  'batch compact',
  'batch retain',
  'batch table',
  'batch rebuild',
  'dlq replay',
  'forget',
  'spark setup',
  'footage settle',
  'footage pack',
  'footage analyse',
  'footage prune',
  'footage erase',
] as const;
/** Commands that read or print, and the services: their logs, metrics and reports show their work. */
export const NOT_CHANGING = [
  'cluster status',
  'config show',
  'batch report',
  'dlq list',
  'dlq show',
  'rows show',
  'doctor',
  'user',
  'trace',
  'serve',
  'speed',
  'batch schedule',
  'kafka-exporter',
  'observe',
  'footage agent',
  'footage rejected',
] as const;

export interface AskedCommand {
  /** `topic grow`. */
  readonly words: string;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Records that a command begins. Returns a function that records its end, or null for a command that changes nothing.
 * Throws a Refusal if the audit trail cannot be written.
 */
export function auditCommand(
  { words, args, options }: AskedCommand,
  environment: NodeJS.ProcessEnv = process.env,
): ((exitCode: number) => void) | null {
  if (!(CHANGING as readonly string[]).includes(words) || isDryRun(words, options)) return null;
  const audit = createAudit({ process: 'command', file: auditFileIn(environment) });
  const { SUDO_USER: behind } = environment;
  const by = { who: userName(), ...(behind ? { behind } : {}), from: hostname(), command: words, pid: process.pid };
  audit.record({ event: 'command', ...by, args, options });
  return (exitCode) => audit.record({ event: 'command_ended', ...by, exit_code: exitCode });
}

const isDryRun = (words: string, options: AskedCommand['options']): boolean =>
  options.dryRun === true ||
  (words === 'footage erase' && options.execute !== true) ||
  (words === 'forget' && options.execute === undefined);

/** The user of the machine; a container's may have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
