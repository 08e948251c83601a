/** The net holds: every deliberate bug of mutations.ts is caught within some seeds, each in a process of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mutatedSources, mutationPoints } from './mutants.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SEEDS = 1_000;
const POINTS = mutationPoints();
const FOLDER = mkdtempSync(join(tmpdir(), 'sightline-mutants-'));

after(() => rmSync(FOLDER, { recursive: true }));

describe('every deliberate bug is caught', { concurrency: 2 }, () => {
  for (const [index, { bug, edits, seed = 1, simulation = 'run.ts' }] of MUTATIONS.entries()) {
    it(bug, { timeout: 300_000 }, async () => {
      const sources = mutatedSources(edits, POINTS);
      const file = join(FOLDER, `${index}.json`);
      writeFileSync(file, JSON.stringify(Object.fromEntries(sources)));
      const { code, said } = await simulateWith(simulation, file, seed);
      const mutated = said.split('\n').filter((line) => line.startsWith('mutated '));
      assert.deepEqual(mutated.sort(), [...sources.keys()].map((each) => `mutated ${each}`).sort(), said);
      assert.equal(code, 4, `${SEEDS} seeds passed with the bug in them: ${said}`);
      assert.match(said, /^seed \d+ with \d+ records failed$/m);
    });
  }
});

/** Runs the simulation with the sources of `file` in the place of those on disk. */
function simulateWith(simulation: string, file: string, seed: number): Promise<{ code: number | null; said: string }> {
  const args = [
    '--import',
    './test/simulation/mutate.mjs',
    '--import',
    'tsx',
    `test/simulation/${simulation}`,
    '--seeds',
    String(SEEDS),
    '--seed',
    String(seed),
  ];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, SIGHTLINE_MUTATION: file },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}
