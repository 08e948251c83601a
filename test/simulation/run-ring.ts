/**
 * `tsx test/simulation/run-ring.ts --seeds N --seed S`: so many simulations of the ring; the first that fails ends
 * it.
 */
import { Command } from 'commander';
import { simulateRing } from './simulate-ring.ts';

const options = new Command('simulate-ring')
  .option('--seeds <n>', 'how many', '1000')
  .option('--seed <s>', 'the first one', '1')
  .option('--records <n>', 'records in each', '120')
  .parse()
  .opts<{ seeds: string; seed: string; records: string }>();
const [seeds, first, records] = [options.seeds, options.seed, options.records].map(Number) as [number, number, number];
const sums = { records: 0, answers: 0, provisional: 0, crashes: 0, rereadings: 0, wrong: 0 };
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const outcome = await simulateRing(seed, records);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += outcome[name];
  } catch (thrown) {
    process.stderr.write(
      `seed ${seed} with ${records} records failed\n${thrown instanceof Error ? thrown.stack : String(thrown)}\n`,
    );
    process.exit(4);
  }
}
process.stdout.write(`${seeds} seeds from ${first}: ${JSON.stringify(sums)}\n`);
process.exit(0);
