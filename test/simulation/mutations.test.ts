/** The net holds: every deliberate bug of mutations.ts is caught within some seeds, each in a process of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutations.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SEEDS = 1_000;

describe('every deliberate bug is caught', { concurrency: 2 }, () => {
  for (const mutation of MUTATIONS) {
    it(mutation.bug, { timeout: 300_000 }, async () => {
      const { code, said } = await simulateWith(mutation);
      const mutated = said.split('\n').filter((line) => line.startsWith('mutated '));
      assert.deepEqual(mutated.sort(), mutation.edits.map(({ file }) => `mutated ${file}`).sort(), said);
      assert.equal(code, 4, `${SEEDS} seeds passed with the bug in them: ${said}`);
      assert.match(said, /^seed \d+ with \d+ records failed$/m);
    });
  }
});

function simulateWith({ edits, seed = 1 }: Mutation): Promise<{ code: number | null; said: string }> {
  const args = [
    '--import',
    './test/simulation/mutate.mjs',
    '--import',
    'tsx',
    'test/simulation/run.ts',
    '--seeds',
    String(SEEDS),
    '--seed',
    String(seed),
  ];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, SIGHTLINE_MUTATION: JSON.stringify(edits) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}
