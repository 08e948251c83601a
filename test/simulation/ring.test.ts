/**
 * Simulations of CASSANDRA_CONSISTENCY=one from seeds (simulate-ring.ts says what each proves), and that none
 * passes idly.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { askAmidTheHole } from './ring-hole.ts';
import { simulateRing } from './simulate-ring.ts';

const SEEDS = Number(process.env.SIGHTLINE_SEEDS ?? 100);

it('a replica that has a doubtful count without the word of it says that the count is doubtful', async () => {
  assert.deepEqual(await askAmidTheHole(), { wrong: 1, provisional: 1 });
});

it(`${SEEDS} seeds: what is not announced as doubtful is right`, { timeout: 600_000 }, async () => {
  const sums = { answers: 0, provisional: 0, crashes: 0, rereadings: 0, wrong: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      const outcome = await simulateRing(seed);
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += outcome[name];
    } catch (thrown) {
      throw new Error(`seed ${seed}; alone: npx tsx test/simulation/run-ring.ts --seeds 1 --seed ${seed}`, {
        cause: thrown,
      });
    }
  }
  const { answers, provisional, crashes, rereadings, wrong } = sums;
  assert.ok(answers - provisional > SEEDS, `${answers} answers, ${provisional} of them provisional`);
  assert.ok(crashes > SEEDS && rereadings > SEEDS, `${crashes} crashes, ${rereadings} spans read again`);
  assert.ok(wrong > 0, 'some count was wrong and announced');
});
