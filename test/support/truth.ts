/**
 * Reads the cameras' truth file, for tests that compare what was counted with what was produced.
 *
 * The format is described in hadoop-compose/cameras/sightline_cameras/truth.py. Ids stay texts: they lie beyond 2^53.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface TruthLine {
  /** Empty for poison, like the three texts below it. */
  readonly id: string;
  readonly location: string;
  readonly camera: string;
  readonly item: string;
  /** NaN for poison. */
  readonly detectedAt: number;
  /** new[:late|:deferred], copy[:other_bytes|:conflict], poison:<reason> */
  readonly kind: string;
  readonly via: 'murmur2' | 'crc32' | 'keyless';
  readonly partition: number;
  readonly offset: number;
}

const LINE =
  /^(-?\d*),(-?\d*),(-?\d*),("(?:[^"]|"")*"|[^",]*),(-?\d*),([a-z0-9_:]+),(murmur2|crc32|keyless),(\d+),(\d+)$/;

/** Line by line, so that a long run's file need not fit into memory. */
export async function* truthLines(file: string): AsyncGenerator<TruthLine> {
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file, 'utf8') })) {
    number += 1;
    if (number > 1) yield lineOf(text, `${file}:${number}`);
  }
}

export async function readTruth(file: string): Promise<TruthLine[]> {
  const lines: TruthLine[] = [];
  for await (const line of truthLines(file)) lines.push(line);
  return lines;
}

function lineOf(text: string, where: string): TruthLine {
  const fields = LINE.exec(text);
  if (!fields) throw new Error(`${where}: "${text}" is no line of a truth file`);
  const [, id = '', location = '', camera = '', item = '', at = '', kind = '', via = '', partition, offset] = fields;
  return {
    id,
    location,
    camera,
    item: item.startsWith('"') ? item.slice(1, -1).replaceAll('""', '"') : item,
    detectedAt: at === '' ? NaN : Number(at),
    kind,
    via: via as TruthLine['via'],
    partition: Number(partition),
    offset: Number(offset),
  };
}
