/**
 * Builds the pages once, for an image whose file system nobody writes to: what `sightline serve` would do at its first
 * start.
 *
 * The Dockerfile runs it. build.ts leaves the fingerprint of the sources behind, so that `serve` finds nothing to do.
 */
import { ensureBuilt } from '../../serving/server/build.ts';

await ensureBuilt((who, what) => void process.stderr.write(`${who}: ${what}\n`));
