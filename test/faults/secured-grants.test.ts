/**
 * Each right that `sightline prepare --print-grants` prints is taken away from its layer, one after the other, on a
 * secured stack of its own: `sightline doctor --layer` names it, and what needs it is refused.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { takenTests } from '../support/secured-rights.ts';
import { dropSecured, startSecured } from '../support/secured-life.ts';
import { securedStackIn } from '../support/secured-stack.ts';

const home = mkdtempSync(join(tmpdir(), 'sightline-grants-'));
/** Beside the stack of the tests and the others of a test, and below the ports of outgoing connections. */
const stack = securedStackIn(home, 2_500);
const limit = { timeout: 300_000 };

before(async () => {
  await startSecured(stack, home);
}, limit);
after(async () => {
  await dropSecured(stack, home);
}, limit);

takenTests(stack);
