/**
 * Dataset B for a system that is started on this machine: the file that was named, or the one that comes with the
 * project.
 *
 * `npm start` reads it before it starts anything, `produce` before the cameras. A person who names a file wants all of
 * it, so one bad line refuses it; `reference load` takes the good lines of such a file.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Location } from '../../core/domain/detection.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { visible } from '../../core/process/visible.ts';
import { bytesOf } from './file.ts';
import { readReference } from './locations.ts';

const PLACES = fileURLToPath(new URL('../../hadoop-compose/cameras/places.csv', import.meta.url));
const SHOWN_LINES = 10;

export interface Places {
  readonly file: string;
  /** Somebody named the file. */
  readonly isChosen: boolean;
  readonly locations: readonly Location[];
}

/** Throws a Refusal: usage without such a file or its columns, a failed data check with a bad line. */
export function readPlaces(chosen?: string): Places {
  const file = chosen ?? PLACES;
  const { locations, badLines, hints } = readReference(bytesOf(file));
  if (badLines.length > 0) {
    const shown = badLines.slice(0, SHOWN_LINES).map(({ line, because }) => `${file}:${line}: ${visible(because)}`);
    const more = badLines.length > SHOWN_LINES ? [`and ${badLines.length - SHOWN_LINES} more bad lines`] : [];
    throw new Refusal(EXIT.data_check_failed, [...shown, ...more, ...hints].join('\n'));
  }
  return { file, isChosen: chosen !== undefined, locations };
}

/** The same places as the cameras read them: UTF-8, commas, every name in quotes. `remove` deletes the file. */
export function writePlaces({ locations }: Places): { file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-places-'));
  const file = join(folder, 'places.csv');
  const rows = locations.map(({ oid, name }) => `${oid},"${name.replaceAll('"', '""')}"`);
  writeFileSync(file, ['geographical_location_oid,geographical_location', ...rows, ''].join('\n'));
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
