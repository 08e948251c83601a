/** An id as text within a JSON document of footage: an index of a pack, an order to erase. */
import { z } from 'zod';
import { readOid } from '../../domain/oid.ts';
import type { Oid } from '../../domain/oid.ts';

export const OidText = z.string().transform((text, context): Oid => {
  const read = readOid(text);
  if (read.ok) return read.oid;
  context.addIssue(`${text} is no id`);
  return z.NEVER;
});
