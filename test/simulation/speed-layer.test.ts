/**
 * Simulations from seeds (simulate.ts says what each proves), five hundred in `npm test`, the seeds that once failed,
 * and that nothing of it passes idly.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KEPT_SEEDS } from './seeds.ts';
import { simulate } from './simulate.ts';

const SEEDS = Number(process.env.SIGHTLINE_SEEDS ?? 100);
/** So many show every step and every end. */
const MANY = 1_000;
const RECORDS = 150;
const STEPS = [
  'ids_looked_up',
  'count_rows_loaded',
  'decided',
  'strays_forwarded',
  'dead_letters_kept',
  'first_met_written',
  'counts_written',
  'progress_written',
  'offset_committed',
  'stopped_for_stamp',
  'stopped_for_growth',
];

describe('the speed layer and the publisher, simulated', () => {
  for (const { seed, records, because, ...plan } of KEPT_SEEDS) {
    it(`seed ${seed}: ${because}`, () => simulate(seed, records, plan).then(() => undefined));
  }

  it(`${SEEDS} seeds hold after every step and end as the truth has them`, { timeout: 600_000 }, async () => {
    const ends = new Map<string, number>();
    let answers = 0;
    let growths = 0;
    let rebuilds = 0;
    let holds = 0;
    let corrections = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        const outcome = await simulate(seed, RECORDS);
        answers += outcome.answers;
        growths += outcome.growths;
        rebuilds += outcome.rebuilds;
        holds += outcome.holds;
        corrections += outcome.corrections;
        for (const [how, count] of outcome.ends) ends.set(how, (ends.get(how) ?? 0) + count);
      } catch (thrown) {
        throw new Error(
          `seed ${seed}; make it smaller with: npm run simulate -- --seeds 1 --seed ${seed} --records ${RECORDS} --shrink`,
          {
            cause: thrown,
          },
        );
      }
    }
    if (SEEDS >= MANY)
      for (const step of [...STEPS, 'gave_up', 'overtaken']) assert.ok(ends.get(step), `no worker ended at ${step}`);
    assert.ok(answers > SEEDS, `${answers} answers were held to the truth`);
    assert.ok(growths > SEEDS / 10, `the topic grew ${growths} times`);
    assert.ok(rebuilds > SEEDS / 10, `${rebuilds} rebuilds switched to other rules`);
    assert.ok(holds > SEEDS / 2 && corrections > SEEDS / 5, `${holds} holds and ${corrections} corrections`);
  });
});
