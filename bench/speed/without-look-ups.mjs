/**
 * `node --import ./bench/speed/without-look-ups.mjs …`: a speed worker that takes every id for new, to show what the
 * look-ups cost.
 *
 * It counts copies twice and is good for nothing else.
 */
import { register } from 'node:module';

const edit = {
  file: 'speed-layer/round.ts',
  find: "await persist(async () => found('detections', await ports.detections.find(ids)));",
  put: 'ids.map((): FirstMet | null => null);',
};
register('../../test/simulation/mutate-hooks.mjs', import.meta.url, { data: [edit] });
