import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, describe, it } from 'node:test';
import type { Part } from '../../../../hadoop-compose/start/part.ts';
import { startPart } from '../../../../hadoop-compose/start/part.ts';
import { argsOf } from '../../../../core/process/process-table.ts';

describe('a part of the main job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-part-'));
  const started: Part[] = [];
  after(async () => {
    await Promise.all(started.map((part) => part.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  function run(name: string, source: string, hooks: { deaths?: string[]; refusals?: string[] } = {}): Part {
    const program = join(folder, `${name}.mjs`);
    writeFileSync(program, source);
    const part = startPart(
      program,
      { name, args: [], environment: process.env, logFile: join(folder, `${name}.log`), stopLimitMs: 2_000 },
      { onDeath: (_, how) => void hooks.deaths?.push(how), onRefusal: (_, lines) => void hooks.refusals?.push(lines) },
    );
    started.push(part);
    return part;
  }

  async function until(what: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (what()) return;
      await pause(50);
    }
    assert.fail('it did not happen within ten seconds');
  }

  const FOREVER = 'setInterval(() => {}, 1000); process.channel?.unref();';

  it('is started again when it is killed', async () => {
    const deaths: string[] = [];
    const part = run('killed', FOREVER, { deaths });
    const first = part.pid()!;
    process.kill(first, 'SIGKILL');
    await until(() => part.pid() !== undefined && part.pid() !== first);
    assert.deepEqual(deaths, ['SIGKILL']);
    await part.stop();
    assert.equal(part.pid(), undefined);
  });

  it('carries its mark in its first argument where it is a program of others', async () => {
    const mark = `--part-of=${process.pid}/foreign@${folder}`;
    const part = startPart(
      process.execPath,
      {
        name: 'foreign',
        args: ['-e', 'setInterval(() => {}, 1000)'],
        environment: process.env,
        logFile: join(folder, 'foreign.log'),
        stopLimitMs: 2_000,
        foreignMark: mark,
      },
      { onDeath: () => undefined, onRefusal: () => undefined },
    );
    started.push(part);
    await until(() => argsOf(part.pid()!)[0] === mark);
    await part.stop();
    assert.equal(part.pid(), undefined);
  });

  it('is not started again when it refuses, and its last words are told', async () => {
    const refusals: string[] = [];
    const part = run(
      'refuses',
      'process.stderr.write("EPOCH_SECONDS is 60, recorded was 300\\n"); process.exitCode = 2;',
      { refusals },
    );
    await until(() => refusals.length > 0);
    assert.match(refusals[0]!, /recorded was 300/);
    assert.equal(part.pid(), undefined);
  });

  it('is killed when it does not stop in time', async () => {
    const part = run('stubborn', `process.on('SIGTERM', () => {}); process.stdout.write('up\\n'); ${FOREVER}`);
    const logFile = join(folder, 'stubborn.log');
    await until(() => existsSync(logFile) && readFileSync(logFile, 'utf8').includes('up'));
    const beganMs = Date.now();
    await part.stop();
    assert.ok(Date.now() - beganMs >= 1_900);
    assert.equal(part.pid(), undefined);
  });

  it('is killed as soon as somebody asks to hurry', async () => {
    const part = run('slow', `process.on('SIGTERM', () => {}); process.stdout.write('up\\n'); ${FOREVER}`);
    const logFile = join(folder, 'slow.log');
    await until(() => existsSync(logFile) && readFileSync(logFile, 'utf8').includes('up'));
    const hurry = new AbortController();
    const beganMs = Date.now();
    const stopped = part.stop(hurry.signal);
    hurry.abort();
    await stopped;
    assert.ok(Date.now() - beganMs < 1_500, `took ${Date.now() - beganMs} ms`);
    assert.equal(part.pid(), undefined);
  });

  it('stays stopped while it waits to be started again', async () => {
    const deaths: string[] = [];
    const part = run('dies', 'process.exitCode = 1;', { deaths });
    await until(() => deaths.length === 1);
    await part.stop();
    await pause(800);
    assert.equal(part.pid(), undefined);
    assert.equal(deaths.length, 1);
  });
});
