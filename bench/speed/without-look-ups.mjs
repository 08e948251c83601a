/**
 * `node --import ./bench/speed/without-look-ups.mjs …`: a speed worker that takes every id for new, to show what the
 * look-ups cost.
 *
 * It counts copies twice and is good for nothing else.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILE = 'speed-layer/round.ts';
const LOOK_UP = "await persist(async () => requireAnswers('detections', await ports.detections.find(ids)));";
const NOTHING = 'ids.map((): FirstMet | null => null);';

const source = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8');
assert.equal(source.split(LOOK_UP).length, 2, `${FILE} has the look-up once: ${LOOK_UP}`);
const changed = join(mkdtempSync(join(tmpdir(), 'sightline-without-look-ups-')), 'sources.json');
writeFileSync(changed, JSON.stringify({ [FILE]: source.replace(LOOK_UP, NOTHING) }));
register('../../test/simulation/mutate-hooks.mjs', import.meta.url, { data: changed });
