/**
 * Where the rows of a table are: its regions in order, and the region of a row. meta.ts reads them; plan.ts and scan.ts
 * ask. When a server says that a region has moved, meta.ts replaces all regions of the table.
 *
 * A region holds [start, end); an empty end has no bound. While a region splits or moves, the list may have a hole: a
 * row in it has no region just now, and the caller waits and asks again. The lookup is on the path of every row, so it
 * compares the first six bytes as one number, and whole keys only where those are equal.
 */
import type { HostPort } from '../process/host-port.ts';
import { namedHostPort } from '../process/host-port.ts';
import { fieldBytes, writeField } from './protobuf.ts';
import type { RegionInfo } from './messages.ts';

export interface Region {
  /** The full name, as meta keeps it. */
  readonly name: Buffer;
  readonly start: Buffer;
  readonly end: Buffer;
  /** Empty while no server has the region. */
  readonly server: HostPort | '';
  readonly info: RegionInfo;
  /** RegionSpecifier {type 1, value name} as field 1 of a message: the beginning of most questions to a region. */
  readonly specifier: Buffer;
}

/** `address`: of the server, as meta writes it; empty where no server has the region. */
export function makeRegion(name: Buffer, info: RegionInfo, address: string): Region {
  const server = namedHostPort(address) ?? '';
  const specifier = Buffer.alloc(2 + fieldBytes(name.length));
  specifier[0] = 0x08;
  specifier[1] = 1;
  writeField(specifier, 2, 0x12, name);
  const field = Buffer.alloc(fieldBytes(specifier.length));
  writeField(field, 0, 0x0a, specifier);
  return {
    name,
    start: info.start_key ?? Buffer.alloc(0),
    end: info.end_key ?? Buffer.alloc(0),
    server,
    info,
    specifier: field,
  };
}

export class TableRegions {
  readonly table: string;
  /** Rises with every reading of meta, so that one stale answer leads to one reading. */
  readonly version: number;
  /** In order of their start. */
  readonly regions: readonly Region[];
  private readonly prefixes: Float64Array;

  constructor(table: string, version: number, regions: Region[]) {
    this.table = table;
    this.version = version;
    this.regions = [...regions].sort((a, b) => Buffer.compare(a.start, b.start));
    this.prefixes = Float64Array.from(this.regions, (region) => prefixOf(region.start));
  }

  /** Position in `regions` of the region that holds the row, or -1 where there is a hole. */
  indexOf(row: Buffer): number {
    const last = this.lastStartingAtOrBefore(row);
    if (last < 0) return -1;
    const end = this.regions[last]!.end;
    return end.length === 0 || Buffer.compare(row, end) < 0 ? last : -1;
  }

  at(row: Buffer): Region | undefined {
    return this.regions[this.indexOf(row)];
  }

  /** No hole from the empty key to the end. */
  get isWhole(): boolean {
    let reached: Buffer | undefined = Buffer.alloc(0);
    for (const region of this.regions) {
      if (reached === undefined || !reached.equals(region.start)) return false;
      reached = region.end.length === 0 ? undefined : region.end;
    }
    return reached === undefined;
  }

  private lastStartingAtOrBefore(row: Buffer): number {
    const { prefixes, regions } = this;
    const prefix = prefixOf(row);
    let low = 0;
    let high = regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = prefixes[middle]!;
      const before = other === prefix ? Buffer.compare(regions[middle]!.start, row) <= 0 : other < prefix;
      if (before) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The first six bytes as one number, missing ones as zero: ordered as the keys are, but for ties. */
function prefixOf(key: Buffer): number {
  if (key.length >= 6)
    return (
      ((key[0]! << 8) | key[1]!) * 0x100000000 + (((key[2]! << 24) | (key[3]! << 16) | (key[4]! << 8) | key[5]!) >>> 0)
    );
  let prefix = 0;
  for (let i = 0; i < 6; i++) prefix = prefix * 256 + (i < key.length ? key[i]! : 0);
  return prefix;
}
