/** What failed is told in a line each, from what node's reporter really prints, tests within a test included. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const { failureCollector } = (await import(new URL('../../failures.mjs', import.meta.url).href)) as {
  failureCollector: (root: string) => { take: (line: string) => void; failures: () => string[] };
};

const FAILING = `
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
const isInner = process.env.INNER === 'yes';
describe('outer', () => {
  test('adds up', () => assert.equal(1 + 1, 3));
  test('asks another program', () => {
    const lines = Array.from({ length: 9 }, (_, number) => 'line ' + number);
    throw new Error([...lines, 'ValueError: ' + 'no'.repeat(100)].join('\\n'));
  });
  test('is well', () => assert.ok(true));
  if (!isInner) {
    test('runs others', () => {
      const { NODE_TEST_CONTEXT, ...env } = process.env;
      const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', process.env.FILE], { stdio: 'inherit', env: { ...env, INNER: 'yes' } });
      assert.ok(status === 0, 'what it ran failed');
    });
  }
});
`;

test('what failed is told in a line each: its name, its error and where', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'failures-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sum.test.mjs');
  writeFileSync(file, FAILING);
  const environment: NodeJS.ProcessEnv = { ...process.env, FILE: file };
  delete environment['NODE_TEST_CONTEXT'];
  const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], {
    encoding: 'utf8',
    env: environment,
  });
  const { take, failures } = failureCollector(folder);
  stdout.split('\n').forEach(take);
  const sum =
    '✖ adds up: AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 2 !== 3 (sum.test.mjs:7)';
  const asked = `✖ asks another program: Error: line 0 line 1 line 2 … line 7 line 8 ValueError: ${'no'.repeat(54)}… (sum.test.mjs:10)`;
  assert.deepEqual(failures(), [
    sum,
    asked,
    sum,
    asked,
    '✖ runs others: AssertionError [ERR_ASSERTION]: what it ran failed (sum.test.mjs:17)',
  ]);
});
