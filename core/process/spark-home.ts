/**
 * Where spark-submit is: below SPARK_HOME, or in the Python environment that `sightline spark setup` makes.
 *
 * The set-up makes the environment, the batch layer starts programs from it; neither knows more of the other.
 */
import { join, resolve } from 'node:path';
import type { Config } from './config.ts';

type Settings = Pick<Config, 'SIGHTLINE_HOME' | 'SPARK_HOME'>;

export function sparkEnvironment({ SIGHTLINE_HOME }: Pick<Config, 'SIGHTLINE_HOME'>): string {
  return join(resolve(SIGHTLINE_HOME), 'spark');
}

export function sparkSubmit(config: Settings): string {
  return join(config.SPARK_HOME ?? sparkEnvironment(config), 'bin', 'spark-submit');
}

/** Where `sightline spark setup` puts the classes of the engine on Spark. */
export function streamingFolder({ SIGHTLINE_HOME }: Pick<Config, 'SIGHTLINE_HOME'>): string {
  return join(resolve(SIGHTLINE_HOME), 'spark-streaming');
}
