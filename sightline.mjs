#!/usr/bin/env node
/**
 * The program that npm links as `sightline`: it checks that Node and the modules fit each other, lets Node read
 * TypeScript, and runs the command line. It imports no package before the check, because a module that was compiled for
 * another Node ends the process.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settleEnvironment } from './hadoop-compose/setup/environment.mjs';
import { modulesFault, nodeFault } from './hadoop-compose/setup/native.mjs';
import { Missing } from './hadoop-compose/setup/steps.mjs';

const root = dirname(fileURLToPath(import.meta.url));
try {
  const fault = nodeFault() ?? modulesFault(root);
  if (fault !== null) throw new Missing(`${fault}\nWith the Node that is to run Sightline, in ${root}: npm run setup`);
  settleEnvironment(root);
} catch (fault) {
  if (!(fault instanceof Missing)) throw fault;
  process.stderr.write(`${fault.message}\n`);
  process.exit(fault.exitCode);
}
const { register } = await import('tsx/esm/api');
register();
await import('./sightline.ts');
