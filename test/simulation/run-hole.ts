/** `tsx test/simulation/run-hole.ts`: asks amid the hole (ring-hole.ts) once; it has no dice, so its only seed is 0. */
import { askAmidTheHole } from './ring-hole.ts';

try {
  process.stdout.write(`${JSON.stringify(await askAmidTheHole())}\n`);
  process.exit(0);
} catch (thrown) {
  process.stderr.write(`seed 0 with 2 records failed\n${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exit(4);
}
