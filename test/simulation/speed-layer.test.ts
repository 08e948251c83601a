/** Some hundreds of simulations (simulate.ts says what each proves), and the seeds that once failed. */
import { describe, it } from 'node:test';
import { KEPT_SEEDS } from './seeds.ts';
import { simulate } from './simulate.ts';

const SEEDS = 100;
const RECORDS = 150;

describe('the speed layer and the seam, simulated', () => {
  for (const { seed, records, because } of KEPT_SEEDS) {
    it(`seed ${seed}: ${because}`, () => simulate(seed, records).then(() => undefined));
  }

  it(`${SEEDS} seeds end as the naive count has them`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        await simulate(seed, RECORDS);
      } catch (thrown) {
        throw new Error(`seed ${seed} with ${RECORDS} records; again with: npm run simulate -- --seeds 1 --seed ${seed} --records ${RECORDS}`, {
          cause: thrown,
        });
      }
    }
  });
});
