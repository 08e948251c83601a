/**
 * `npm run simulate -- --seeds N --seed S`: so many simulations from a seed on; the first seed that fails is printed
 * and ends it.
 *
 * `--shrink` makes the failing seed smaller: fewer records, fewer kinds of faults, fewer of them. Keep it in
 * test/simulation/seeds.ts once its cause is mended. `--without` and `--faults` try a seed with less, as a kept one is.
 */
import { Command } from 'commander';
import type { Fault } from './faults.ts';
import { EVERY_FAULT, FAULTS } from './faults.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const command = new Command('simulate')
  .description('the speed layer and the publisher in virtual time, against the truth')
  .option('--seeds <n>', 'how many', '1000')
  .option('--seed <s>', 'the first one', '1')
  .option('--records <n>', 'records in each', '150')
  .option('--without <kinds>', `without these faults, by commas: ${FAULTS.join(', ')}`, '')
  .option('--faults <n>', 'the first so many faults only')
  .option('--shrink', 'make the failing seed smaller');

const options = command
  .parse()
  .opts<{ seeds: string; seed: string; records: string; without: string; faults?: string; shrink?: boolean }>();
const [seeds, first, records] = [options.seeds, options.seed, options.records].map(Number) as [number, number, number];
const without = options.without.split(',').filter(Boolean) as Fault[];
const plan =
  without.length > 0 || options.faults !== undefined
    ? { without, most: Number(options.faults ?? Infinity) }
    : EVERY_FAULT;

const ends = new Map<string, number>();
const sums = {
  records: 0,
  answers: 0,
  faults: 0,
  growths: 0,
  metAfterGrowth: 0,
  rebuilds: 0,
  holds: 0,
  corrections: 0,
  correctedRecords: 0,
};
const TOLD_EVERY_MS = 60_000;
const beganMs = Date.now();
let toldMs = beganMs;
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const outcome = await simulate(seed, records, plan);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += outcome[name];
    for (const [how, count] of outcome.ends) ends.set(how, (ends.get(how) ?? 0) + count);
  } catch (thrown) {
    process.stderr.write(
      `seed ${seed} with ${records} records failed\n${thrown instanceof Error ? thrown.stack : String(thrown)}\n`,
    );
    if (options.shrink) process.stdout.write(`${JSON.stringify(await shrink({ seed, records, ...plan }))}\n`);
    process.exit(4);
  }
  if (Date.now() - toldMs < TOLD_EVERY_MS) continue;
  toldMs = Date.now();
  const done = seed + 1 - first;
  process.stderr.write(`${done} of ${seeds} seeds, ${((done * 1_000) / (toldMs - beganMs)).toFixed(1)} a second\n`);
}
const crashes = [...ends].map(([how, count]) => `${how} ${count}`).join(', ');
process.stdout.write(
  `${seeds} seeds from ${first}: ${sums.records} records, ${sums.faults} faults, ${sums.growths} growths (${sums.metAfterGrowth} detections after one), ${sums.rebuilds} rebuilds, ${sums.holds} holds, ${sums.corrections} corrections of ${sums.correctedRecords} records, ${sums.answers} answers, all as the truth has them, in ` +
    `${((Date.now() - beganMs) / 1000).toFixed(1)} s; workers that ended: ${crashes}\n`,
);
process.exit(0);
