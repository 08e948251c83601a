/**
 * Compares the recorded rules with this environment, and names the commands that change the rules (law L10).
 *
 * command.ts prints the comparison and runs the commands. A setting that the environment does not set stays as
 * recorded.
 */
import type { Rules } from '../../core/domain/rules.ts';
import type { Config } from '../../core/process/config.ts';
import { partitionsEver } from '../../core/domain/growth.ts';

export interface Change {
  readonly setting: 'EPOCH_SECONDS' | 'DEDUP_WINDOW_DAYS' | 'CLOCK_AHEAD_DAYS' | 'KAFKA_PARTITIONS';
  readonly recorded: number;
  readonly asked: number;
  /** The arguments of `sightline` that change it. */
  readonly command: readonly string[];
}

type Asked = Pick<Config, Change['setting'] | 'given'>;

const REBUILD = ['batch', 'rebuild'];

/** Every recorded setting, changed or not. */
export function settingsOf(rules: Rules, config: Asked): Change[] {
  const partitions = partitionsEver(rules);
  const setting = (name: Change['setting'], recorded: number, command: readonly string[]): Change => ({
    setting: name,
    recorded,
    asked: config.given.has(name) ? config[name] : recorded,
    command,
  });
  return [
    setting('EPOCH_SECONDS', rules.epochSeconds, REBUILD),
    setting('DEDUP_WINDOW_DAYS', rules.dedupWindowDays, REBUILD),
    setting('CLOCK_AHEAD_DAYS', rules.clockAheadDays, REBUILD),
    setting('KAFKA_PARTITIONS', partitions, ['topic', 'grow', '--partitions', String(config.KAFKA_PARTITIONS)]),
  ];
}

export function changesOf(rules: Rules, config: Asked): Change[] {
  return settingsOf(rules, config).filter(({ recorded, asked }) => recorded !== asked);
}

/**
 * The commands that make the changes, each once, in the order in which to run them: a growth moves ids first, then a
 * rebuild publishes everything again.
 */
export function commandsOf(changes: readonly Change[]): string[][] {
  const lines = new Map(changes.map(({ command }) => [command.join(' '), [...command]]));
  return [...lines.values()].sort((a, b) => Number(a[0] === 'batch') - Number(b[0] === 'batch'));
}
