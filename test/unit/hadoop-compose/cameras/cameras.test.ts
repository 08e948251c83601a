/** The Python producer's own tests, run with the environment that the producer runs in, and its command line. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { argumentsOf, produceCommand } from '../../../../hadoop-compose/cameras/command.ts';
import { ensureVenv } from '../../../../hadoop-compose/cameras/venv.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const cameras = fileURLToPath(new URL('../../../../hadoop-compose/cameras', import.meta.url));

test('the Python tests of the producer pass', async () => {
  const python = await ensureVenv();
  const env = { ...process.env, PYTHONPATH: cameras, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' };
  const { stderr } = await promisify(execFile)(python, ['-m', 'unittest', 'discover', '-s', here], { env });
  assert.match(stderr, /Ran [1-9]\d* tests/);
});

test('what is given to `sightline produce` reaches the producer by the same names', () => {
  const command = produceCommand();
  command.parseOptions(['--rate', '10000', '--no-rhythm', '--no-drain', '--stats', '--truth', 'a b.csv']);
  const args = argumentsOf(command);
  assert.ok(args.includes('--rate=10000') && args.includes('--truth=a b.csv') && args.includes('--copies=0.1'));
  assert.deepEqual(
    args.filter((arg) => !arg.includes('=')),
    ['--no-rhythm', '--no-drain', '--stats'],
  );
});

test('without a word about them, rhythm and draining stay as the producer has them', () => {
  const args = argumentsOf(produceCommand());
  assert.ok(!args.some((arg) => /rhythm|drain|stats|count|truth/.test(arg)), args.join(' '));
});
