/** `sightline batch retain`: removes what is older than the settings say (changes/retain.ts). */
import type { Retention } from '../changes/retain.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { retain } from '../changes/retain.ts';
import { withLakeLock } from '../lock/lake-lock.ts';
import { nothingToDo, print, withBatch } from './with-batch.ts';

export interface RetainCommandOptions {
  readonly beyondRebuild?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function runRetain(options: RetainCommandOptions): Promise<number> {
  const { beyondRebuild: isBeyondRebuild = false, dryRun: isDryRun = false, json } = options;
  return withBatch(async ({ context }) => {
    const { retention } = context.settings;
    if (retention.days + retention.rawDays === 0)
      throw new Refusal(
        EXIT.usage,
        'LAKE_RETENTION_DAYS and LAKE_RAW_RETENTION_DAYS are 0, so everything is kept. Set one, then run again.',
      );
    const asked = { ...retention, isBeyondRebuild, isDryRun, now: Date.now() };
    const gone = await withLakeLock(context, (locked, lease) => retain(locked, lease, asked));
    if (gone !== null && gone.kept_for_rebuild_up_to !== null)
      process.stderr.write(
        `Raw files of epochs up to ${gone.kept_for_rebuild_up_to} are old enough; those that "batch rebuild" needs ` +
          'are kept (--beyond-rebuild removes them)\n',
      );
    if (gone === null || gone.files === 0) return nothingToDo('Nothing is old enough');
    print(json, { ...gone, removed: !isDryRun }, `${isDryRun ? 'would remove' : 'removed'} ${textOf(gone)}`);
    return EXIT.done;
  });
}

function textOf({ detections_up_to: detections, raw_up_to: raw, ...gone }: Retention): string {
  const shown = (count: number): string => count.toLocaleString('en');
  return (
    `${shown(gone.files)} files of ${shown(gone.bytes)} bytes with ${shown(gone.detections)} detections; ` +
    `no detections up to epoch ${detections ?? 'none'}, no raw files up to epoch ${raw ?? 'none'}`
  );
}
