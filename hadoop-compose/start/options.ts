/**
 * The options of `npm start`, and the environment that it gives to the parts.
 *
 * The laptop's defaults differ from a cluster's where a day is too long to watch: epochs of minutes, a short grace, and
 * a log that is kept for hours, because ten thousand records a second are several gigabytes an hour. What the caller's
 * environment already says wins.
 */
import { InvalidArgumentError } from 'commander';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { LAPTOP } from '../cluster/laptop.ts';
import type { StoreWish } from '../stack/row-store.ts';

export interface StartOptions {
  readonly rate: number;
  readonly copies: number;
  /** Undefined: the recorded length, or 300 on a new system. */
  readonly epochSeconds?: number;
  readonly workers: number;
  /** What counts: so many workers, or one engine on Spark. */
  readonly engine: 'worker' | 'spark';
  /** With the engine on Spark: how it reads. */
  readonly trigger?: string;
  /** Free disk below which the cameras pause. */
  readonly reserveGigabytes: number;
  /** A file that gets every record that Kafka acknowledged, for checks. */
  readonly truth?: string;
  /** Runs Prometheus and Alertmanager too. */
  readonly observe?: boolean;
  /** Runs the agent that takes footage, and settling; the cameras hand over pictures and films. */
  readonly footage?: boolean;
  readonly framesPerSecond: number;
  /** What keeps the rows; undefined: what the stack has, or HBase. */
  readonly stores?: StoreWish['stores'];
  readonly cassandraNodes?: StoreWish['cassandraNodes'];
  /** Dataset B for a new system. */
  readonly places?: string;
  /** Runs on the stack with Kerberos, TLS and ACLs, each part as a user of its own. */
  readonly secured?: boolean;
}

/** What a secured stack does not run yet (docs/security.md#what-is-not-there-yet). */
export function refuseTogether({ secured, observe, footage }: StartOptions): void {
  if (secured !== true) return;
  const others = [observe ? '--observe' : '', footage ? '--footage' : ''];
  const named = others.filter(Boolean).join(' and ');
  if (named !== '')
    throw new Refusal(
      EXIT.usage,
      `--secured does not go together with ${named} yet (docs/security.md#what-is-not-there-yet); leave one out`,
    );
}

export const LAPTOP_EPOCH_SECONDS = 300;

export function partEnvironment(
  environment: NodeJS.ProcessEnv,
  addresses: Readonly<Record<string, string>>,
  epochSeconds: number,
): NodeJS.ProcessEnv {
  return { ...LAPTOP, ...environment, ...addresses, NODE_ENV: 'production', EPOCH_SECONDS: String(epochSeconds) };
}

/** The words after `sightline` of each process that counts. */
export function speedCommands({
  engine,
  trigger,
  workers,
}: Pick<StartOptions, 'engine' | 'trigger' | 'workers'>): string[][] {
  if (engine === 'worker') return Array.from({ length: workers }, () => ['speed']);
  return [['speed', '--engine', 'spark', ...(trigger === undefined ? [] : ['--trigger', trigger])]];
}

export function numberBetween(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`A number from ${least} to ${greatest} was expected.`);
  };
}

export function wholeBetween(least: number, greatest: number): (text: string) => number {
  const read = numberBetween(least, greatest);
  return (text) => {
    const value = read(text);
    if (Number.isInteger(value)) return value;
    throw new InvalidArgumentError('A whole number was expected.');
  };
}

export function epochLength(text: string): number {
  const value = wholeBetween(1, 86_400)(text);
  if (86_400 % value === 0) return value;
  throw new InvalidArgumentError('A divisor of 86,400 was expected, such as 60, 300 or 3600.');
}
