/**
 * Each right that `sightline prepare --print-grants` prints is taken away from its layer, one after the other, on a
 * secured stack of its own: `sightline doctor --layer` names it, and what needs it is refused.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { admitUsers } from '../../hadoop-compose/cluster/admit-users.ts';
import { clusterDown } from '../../hadoop-compose/cluster/down.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { ensureKerberos } from '../../hadoop-compose/secured/kerberos-package.ts';
import { takenTests } from '../support/secured-rights.ts';
import { securedStackIn } from '../support/secured-stack.ts';

const home = mkdtempSync(join(tmpdir(), 'sightline-grants-'));
/** Beside the stack of the tests and the others of a test, and below the ports of outgoing connections. */
const stack = securedStackIn(home, 2_500);
const quiet = (): void => undefined;
const limit = { timeout: 300_000 };

before(async () => {
  await ensureKerberos(quiet);
  await clusterUp(stack, quiet);
  await admitUsers(stack, quiet);
}, limit);
after(async () => {
  await clusterDown(stack, quiet, AbortSignal.abort());
  rmSync(home, { recursive: true, force: true });
}, limit);

takenTests(stack);
