/**
 * The examples for cron, systemd and Airflow name commands and options that exist, and codes as the contract has them.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { batchCommand } from '../../../batch-layer/commands/command.ts';

const FOLDER = fileURLToPath(new URL('../../../hadoop-compose/schedule', import.meta.url));
const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

test('every command that an example calls is one of ours, with options that it takes', () => {
  const commands = new Map(batchCommand().commands.map((each) => [each.name(), each.options.map(({ long }) => long)]));
  let called = 0;
  for (const name of readdirSync(FOLDER)) {
    for (const [, command, rest] of textOf(name).matchAll(/(?:sightline\.mjs batch |step\("\w+", ")(\w+)([^>"\n]*)/g)) {
      const options = commands.get(command!);
      assert.ok(options, `${name}: ${command}`);
      for (const [option] of rest!.matchAll(/--[\w-]+/g))
        assert.ok(options.includes(option), `${name}: ${command} ${option}`);
      called += 1;
    }
  }
  assert.ok(called >= 8, `only ${called} calls were found`);
});

test('systemd takes "nothing to do" for success and does not repeat what a person must look at', () => {
  const service = textOf('sightline-batch.service');
  assert.match(service, /^SuccessExitStatus=3$/m);
  assert.match(service, /^RestartPreventExitStatus=1 2 4$/m);
});

test('the DAG is Python', () => {
  const { status, stderr } = spawnSync('python3', [
    '-c',
    `import ast, sys; ast.parse(open(sys.argv[1]).read())`,
    join(FOLDER, 'sightline_dag.py'),
  ]);
  assert.equal(status, 0, String(stderr));
});
