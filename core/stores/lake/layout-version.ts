/**
 * The version of what the lake keeps as JSON: manifests, attempts, intents, journals and records of changes.
 *
 * A reader takes the members that it knows and passes over the others, and whoever writes a file again keeps them. So a
 * new member needs no new version. The version rises only if a reader that passes over the new members would be wrong:
 * if a member changes its meaning or goes, or if a closed list of values gets one more. Programs read every version up
 * to their own and write their own; one that meets a later version stops and says so.
 */
import { z } from 'zod';
import { EXIT, Refusal } from '../../process/errors.ts';

const KNOWN = 1;

/** The member `version` of such a file; `what` names the file for people. */
export function layoutVersion(what: string) {
  return z.preprocess((version) => {
    if (typeof version === 'number' && version > KNOWN)
      throw new Refusal(
        EXIT.usage,
        `The lake holds ${what} of version ${version}, and this program knows versions up to ${KNOWN}. ` +
          'A newer program wrote it: run that one, or go back as docs/operations.md says.',
      );
    return version;
  }, z.literal(KNOWN));
}
