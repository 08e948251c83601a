/**
 * One wave under fire: cameras publish with copies and poison, a scenario strikes in the middle, and afterwards
 * everything is exact.
 *
 * Used by the long form (faults.test.ts) and, with few scenarios, by the end-to-end test.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, sightline } from '../support/main-job.ts';
import type { Ask } from './exactness.ts';
import { caughtUp, exact } from './exactness.ts';
import type { Scenario, Target } from './scenarios.ts';

export interface Wave {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly truthFile: string;
  /** When the first wave began. */
  readonly since: number;
}

export interface Survived {
  readonly scenario: string;
  readonly records: number;
  readonly distinct: number;
  /** From the strike until what was taken away was back. */
  readonly awaySeconds: number;
  /** From then until everything that had been published by then was counted. */
  readonly caughtUpSeconds: number;
}

const CAMERAS_START_LIMIT_MS = 120_000;

export async function underFire(
  scenarios: readonly Scenario[],
  target: Target,
  ask: Ask,
  wave: Wave,
): Promise<Survived> {
  const { ratePerSecond, truthFile, since } = wave;
  const seconds = Math.max(wave.seconds, ...scenarios.map(({ publishSeconds }) => publishSeconds ?? 0));
  const before = sizeOf(truthFile);
  const produce = sightline([
    'produce',
    '--rate',
    String(ratePerSecond),
    '--seconds',
    String(seconds),
    '--copies',
    '0.1',
    '--copy-delay-max',
    '10',
    '--poison',
    '0.01',
    '--truth',
    truthFile,
  ]);
  // Not before: cameras that find no Kafka at their start give up after a minute, and nothing would happen under load.
  await eventually(
    'the cameras publish',
    () => Promise.resolve(sizeOf(truthFile)),
    (size) => size > before,
    CAMERAS_START_LIMIT_MS,
  );
  await pause(2_000);
  const struckAt = Date.now();
  for (const scenario of scenarios) await scenario.strike(target);
  const backAt = Date.now();
  await caughtUp(target.stores);
  const caughtUpAt = Date.now();
  assert.equal((await produce).code, 0, 'the cameras published everything');
  const counted = await exact(target.stores, ask, truthFile, since);
  target.army.throwIfRefused();
  const inSeconds = (ms: number): number => Math.round(ms / 100) / 10;
  return {
    scenario: scenarios.map(({ name }) => name).join(', '),
    ...counted,
    awaySeconds: inSeconds(backAt - struckAt),
    caughtUpSeconds: inSeconds(caughtUpAt - backAt),
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Asks the app; tries again while it says that a dependency is away. */
export function asker(address: string): Ask {
  return async <T>(path: string): Promise<T> => {
    const once = async (): Promise<T> => {
      const response = await fetch(`${address}/api/v1/${path}`);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    };
    return eventually(`an answer to ${path}`, once, () => true, 120_000);
  };
}
