/**
 * `node --import ./mutate.mjs --import tsx …`: runs a program with the edits of SIGHTLINE_MUTATION in its source
 * (mutate-hooks.mjs).
 */
import { register } from 'node:module';

register('./mutate-hooks.mjs', import.meta.url, { data: JSON.parse(process.env.SIGHTLINE_MUTATION) });
