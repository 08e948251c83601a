/**
 * What a detection adds to, in the words of questions: every cell of every level, for tests that count naively.
 *
 * Written for its own sake and not with the code under test: a place's minutes, for example, have no cells of their own
 * there.
 */
import type { CellName, Level, Scope } from '../../core/domain/counts.ts';
import type { Detection } from '../../core/domain/detection.ts';
import type { Epoch } from '../../core/domain/epoch.ts';

export interface CountRowName {
  readonly scope: Scope;
  readonly hour: number;
  readonly epoch: Epoch;
}

export function eachCellOf(
  { detectedAt, item, location }: Detection,
  add: (scope: Scope, cell: CellName) => void,
): void {
  const minute = Math.floor(detectedAt / 60_000) % 60;
  for (const scope of [location, 'all'] as const) {
    add(scope, { level: 'minute_item', minute, subject: item });
    add(scope, { level: 'hour_item', minute: 0, subject: item });
    add(scope, { level: 'minute', minute, subject: '' });
  }
  add('all', { level: 'minute_place', minute, subject: location });
  add('all', { level: 'hour_place', minute: 0, subject: location });
}

export function rowsOf({ location, detectedAt }: Detection, epoch: Epoch): [place: CountRowName, all: CountRowName] {
  const hour = Math.floor(detectedAt / 3_600_000);
  return [
    { scope: location, hour, epoch },
    { scope: 'all', hour, epoch },
  ];
}

export function cellKey({ level, minute, subject }: { level: Level; minute: number; subject: string }): string {
  return `${level}/${minute}/${subject}`;
}

export function rowKey({ scope, hour, epoch }: CountRowName): string {
  return `${epoch}/${hour}/${scope}`;
}
