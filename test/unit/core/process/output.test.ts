/** A terminal that is closed or a reader that has left loses what is written; a full disk is told at the end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { surviveLostOutput } from '../../../../core/process/output.ts';
import { openTerminal } from '../../../support/terminal.ts';

const LIFE = fileURLToPath(new URL('../../../../core/process/life.ts', import.meta.url));
const LOG = fileURLToPath(new URL('../../../../core/process/log.ts', import.meta.url));

function failing(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

describe('output that may go away', () => {
  it('is lost without a word when nobody reads it any more', () => {
    const [stdout, stderr] = [new EventEmitter(), new EventEmitter()];
    const { fault } = surviveLostOutput({ stdout, stderr });
    for (const code of ['EPIPE', 'EIO']) for (const stream of [stdout, stderr]) stream.emit('error', failing(code));
    stderr.emit('error', failing('ENOSPC'));
    assert.equal(fault(), null);
  });

  it('is missed at the end when a disk is full', () => {
    const [stdout, stderr] = [new EventEmitter(), new EventEmitter()];
    const { fault } = surviveLostOutput({ stdout, stderr });
    stdout.emit('error', failing('ENOSPC'));
    assert.equal(fault()?.message, 'ENOSPC');
  });

  /** Waits for its order to stop, then writes to whoever reads, and ends with 7. */
  const source = `
      const { runCommand, stopOrders, untilStopped } = await import('${LIFE}');
      const { createLog } = await import('${LOG}');
      await runCommand(async () => {
        const { stop } = stopOrders();
        const idle = setInterval(() => undefined, 1_000);
        const log = createLog('test', 'info');
        process.stdout.write('up\\n');
        await untilStopped(stop);
        for (let i = 0; i < 3; i++) {
          process.stdout.write('to nobody\\n');
          process.stderr.write('to nobody\\n');
          log.info('to nobody');
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        clearInterval(idle);
        return 7;
      });`;

  it('does not keep a command from its orderly end when its reader has left', { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<unknown>((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGHUP');
    assert.equal(await ended, 7);
  });

  it('does not keep a command from its orderly end when its terminal is closed', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-output-'));
    try {
      writeFileSync(join(folder, 'program.mjs'), source);
      const window = await openTerminal(process.env, fileURLToPath(new URL('../../../..', import.meta.url)));
      // A shell that does not mind writes down how the program ended, and renames that when it is whole.
      window.type(
        `(trap '' HUP; node --import tsx ${folder}/program.mjs; echo $? > ${folder}/code; mv ${folder}/code ${folder}/ended)`,
      );
      await window.shows(/^up/m, 30_000);
      await window.close();
      for (let tries = 0; tries < 200 && !existsSync(join(folder, 'ended')); tries++) await pause(100);
      assert.equal(readFileSync(join(folder, 'ended'), 'utf8').trim(), '7');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
