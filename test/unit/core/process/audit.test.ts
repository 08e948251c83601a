/**
 * The audit trail: one line an event, no text that breaks a line or a terminal, bounded for strangers, and every
 * command thought about.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { PARTS } from '../../../../commands.ts';
import { AUDIT_EVENTS, createAudit } from '../../../../core/process/audit.ts';
import { CHANGING, auditCommand, NOT_CHANGING } from '../../../../core/process/command-audit.ts';
import { auditFileIn, readConfig } from '../../../../core/process/config.ts';
import { EXIT } from '../../../../core/process/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-audit-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const environment = (given: Record<string, string>): NodeJS.ProcessEnv => given as NodeJS.ProcessEnv;

test('an event is one line with time, process, who, what and from where, in a file that only its owner reads', () => {
  const file = join(folder, 'deep', 'trail.log');
  const audit = createAudit({ process: 'serving', file, now: () => Date.UTC(2026, 10, 22) });
  audit.record({ event: 'export', who: 'alice', from: '10.0.0.1', format: 'csv' });
  assert.deepEqual(linesOf(file), [
    {
      time: '2026-11-22T00:00:00.000Z',
      audit: true,
      process: 'serving',
      event: 'export',
      who: 'alice',
      from: '10.0.0.1',
      format: 'csv',
    },
  ]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('control characters, turns of direction and long texts stay on one line that a terminal shows as it is', () => {
  const file = join(folder, 'control.log');
  createAudit({ process: 'serving', file }).record({
    event: 'export',
    who: 'eve\n{"event":"sign_in"}\u001b[2J\u202e\u0085',
    from: 'x'.repeat(10_000),
  });
  const text = readFileSync(file, 'utf8');
  assert.doesNotMatch(text.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.equal(linesOf(file)[0]!.who, 'eve\n{"event":"sign_in"}\u001b[2J\u202e\u0085');
  assert.ok(text.length < 1_000);
});

test('what strangers repeat is written once and then counted; what is done is written each time', () => {
  const file = join(folder, 'repeated.log');
  const audit = createAudit({ process: 'serving', file });
  for (let n = 0; n < 500; n++)
    audit.record({ event: 'refused', who: null, from: '10.0.0.1', status: 401, route: 'page' });
  audit.record({ event: 'refused', who: null, from: '10.0.0.2', status: 401, route: 'page' });
  for (let n = 0; n < 3; n++) audit.record({ event: 'export', who: 'alice', from: '10.0.0.1' });
  audit.flush();
  assert.deepEqual(
    linesOf(file).map(({ event, from, repeated }) => [event, from, repeated]),
    [
      ['refused', '10.0.0.1', undefined],
      ['refused', '10.0.0.2', undefined],
      ['export', '10.0.0.1', undefined],
      ['export', '10.0.0.1', undefined],
      ['export', '10.0.0.1', undefined],
      ['refused', '10.0.0.1', 499],
    ],
  );
});

test('ten thousand strangers are a bounded number of lines, and none is uncounted', () => {
  const file = join(folder, 'crowd.log');
  const audit = createAudit({ process: 'serving', file });
  for (let n = 0; n < 10_000; n++)
    audit.record({ event: 'refused', who: null, from: `10.0.${n >> 8}.${n & 255}`, status: 401, route: 'page' });
  audit.flush();
  const lines = linesOf(file);
  assert.ok(lines.length <= 1_001);
  assert.equal(
    lines.reduce((sum, { from, repeated }) => sum + (from === 'others' ? 0 : 1) + Number(repeated ?? 0), 0),
    10_000,
  );
});

test('a trail that cannot be written is refused before anything is done', () => {
  assert.throws(
    () => createAudit({ process: 'serving', file: '/proc/nowhere/audit.log' }),
    ({ exitCode, message }: { exitCode: number; message: string }) =>
      exitCode === EXIT.usage && /AUDIT_FILE/.test(message),
  );
});

test('without AUDIT_FILE the trail lies in SIGHTLINE_HOME, for processes and commands alike', () => {
  for (const given of [
    { SIGHTLINE_HOME: '/var/sightline' },
    { AUDIT_FILE: '/var/log/sightline.audit' },
    { AUDIT_FILE: '-' },
    {},
  ] as Record<string, string>[]) {
    assert.equal(readConfig(environment(given)).AUDIT_FILE, auditFileIn(environment(given)));
  }
  assert.equal(auditFileIn(environment({ SIGHTLINE_HOME: '/var/sightline' })), '/var/sightline/audit.log');
});

test('every command is one that changes something or one that does not', async () => {
  const leavesOf = (command: Command, before = ''): string[] => {
    const words = `${before}${command.name()}`;
    return command.commands.length === 0 ? [words] : command.commands.flatMap((each) => leavesOf(each, `${words} `));
  };
  const commands = (await Promise.all(Object.values(PARTS).map((part) => part()))).flatMap((command) =>
    leavesOf(command),
  );
  assert.deepEqual(commands.sort(), [...CHANGING, ...NOT_CHANGING].sort());
});

test('a command that changes something has a beginning and an end; a dry run and a reading one have none', () => {
  const file = join(folder, 'commands.log');
  const given = environment({ AUDIT_FILE: file, SUDO_USER: 'olga' });
  auditCommand({ words: 'topic grow', args: [], options: { partitions: 24 } }, given)!(4);
  assert.equal(auditCommand({ words: 'topic grow', args: [], options: { dryRun: true } }, given), null);
  assert.equal(auditCommand({ words: 'footage erase', args: [], options: { camera: '7' } }, given), null);
  assert.equal(auditCommand({ words: 'dlq list', args: [], options: {} }, given), null);
  const [began, ended, ...more] = linesOf(file);
  assert.deepEqual(
    [
      began?.event,
      began?.command,
      began?.options,
      began?.behind,
      typeof began?.who,
      ended?.event,
      ended?.exit_code,
      more,
    ],
    ['command', 'topic grow', { partitions: 24 }, 'olga', 'string', 'command_ended', 4, []],
  );
});

test('the program itself writes both lines, and changes nothing where it cannot write', () => {
  const file = join(folder, 'program.log');
  const run = (auditFile: string, ...words: string[]) =>
    spawnSync(process.execPath, ['sightline.mjs', ...words], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, AUDIT_FILE: auditFile, KAFKA_BROKERS: 'no port' },
    });
  assert.equal(run(file, 'prepare').status, EXIT.usage);
  assert.deepEqual(
    linesOf(file).map(({ event, command, exit_code }) => [event, command, exit_code]),
    [
      ['command', 'prepare', undefined],
      ['command_ended', 'prepare', EXIT.usage],
    ],
  );
  const unwritable = run('/proc/nowhere/audit.log', 'prepare');
  assert.deepEqual(
    [unwritable.status, /AUDIT_FILE/.test(unwritable.stderr), /KAFKA_BROKERS/.test(unwritable.stderr)],
    [EXIT.usage, true, false],
  );
  assert.ok(!existsSync('/proc/nowhere'));
});

test('each event says what it means', () => {
  for (const meaning of Object.values(AUDIT_EVENTS)) assert.ok(meaning.length > 10);
  const docs = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
  for (const event of Object.keys(AUDIT_EVENTS))
    assert.ok(docs.includes(`\`${event}\``), `docs/operations.md does not explain ${event}`);
});
