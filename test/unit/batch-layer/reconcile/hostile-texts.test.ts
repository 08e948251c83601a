/**
 * Whatever text a camera sends for a name, and however folders are called: SQL and paths take it for a text (laws L7
 * and L8).
 *
 * Method: a whole run over stores in memory, with real SQL and Parquet, of names made of what quotes, ends, escapes or
 * reorders text elsewhere; the speed layer has counted nothing, so every name is also asked for cell by cell. Then the
 * same epoch again.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import type { Instant } from '../../../../core/domain/time.ts';
import { NO_TALLIES } from '../../../../core/domain/tallies.ts';
import { openDuck, parquet, quoted } from '../../../../core/stores/lake/duckdb.ts';
import { publishEpochs } from '../../../../batch-layer/run/publish-epochs.ts';
import { isSame, reprocess } from '../../../../batch-layer/run/reprocess.ts';
import { contextOf } from '../../../support/batch-doubles.ts';
import { filled, FIRST, stateOf } from '../../../support/filled-world.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-hostile-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const PIECES = [
  "'",
  '"',
  '\0',
  '%',
  '\n',
  '\r\n',
  '\t',
  '\\',
  '\\u0000',
  '$item',
  '?',
  ';--',
  '/*',
  '{{x}}',
  '\u0301',
  '\u200f',
  '\u202e',
  '\ufeff',
  '🚲',
  'é',
  ' ',
  'a',
  '|',
  '../',
];
const name = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
const ODD_FOLDERS = [
  "it's",
  'a b',
  'x[1]y',
  'dt=1999-01-01',
  'item_name=5',
  'p%41',
  '{a,b}',
  'q?*z',
  'naïve\u0301\u200f',
  '$x\n;',
];

/** Between the first and the last ' | ' of a row's text: a name may hold the half of one. */
const itemOf = (row: string): string => row.slice(row.indexOf(' | ') + 3, row.lastIndexOf(' | '));

let runs = 0;

test('names of any text are published, compared and found again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 5 }), async (names) => {
      const world = filled(names);
      world.progress = [0, 1, 2].map((partition) => ({
        partition,
        nextOffset: 10_000,
        arrival: Number.MAX_SAFE_INTEGER as Instant,
        tallies: NO_TALLIES,
      }));
      const work = join(folder, ODD_FOLDERS[runs++ % ODD_FOLDERS.length]!, String(runs));
      const { reports } = await publishEpochs(contextOf(world, work), { from: FIRST as Epoch, to: FIRST as Epoch });
      const { differences } = reports[0]!.comparison;
      const { rows } = await stateOf(world);
      const expected = new Set(rows.map(itemOf));
      assert.ok([...expected].every((one) => one === 'otherwise' || names.includes(one)));
      assert.deepEqual(new Set(differences.listed.map(({ item_name }) => item_name)), expected);
      for (const { batch, counted, missing_in_speed } of differences.listed)
        assert.deepEqual([counted.length, missing_in_speed.length], [batch, batch]);
      assert.ok(isSame(await reprocess(contextOf(world, work), FIRST as Epoch)));
    }),
    { numRuns: 12, examples: [[['a\0b', '\0', "'"]], [[' |', '| ']]] },
  );
});

test('a folder is only a path, whatever its name looks like', async () => {
  for (const [n, odd] of ODD_FOLDERS.entries()) {
    const duck = await openDuck({ memoryMb: 128, threads: 1, spillFolder: join(folder, 'spill') });
    await mkdir(join(folder, `files ${n}`, odd), { recursive: true });
    const file = join(folder, `files ${n}`, odd, 'f.parquet');
    await duck.run(`COPY (SELECT 'van' AS item_name) TO ${quoted(file)} (FORMAT parquet)`);
    assert.deepEqual(await duck.rows(`SELECT * FROM ${parquet([file])}`), [{ item_name: 'van' }]);
    duck.close();
  }
});

test('a text with U+0000 is refused as a part of a statement, and the error says what to do', () => {
  assert.throws(() => quoted('a\0b'), /bind it as a parameter/);
});
