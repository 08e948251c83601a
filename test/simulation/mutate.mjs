/**
 * `node --import ./mutate.mjs --import tsx …`: runs a program with the sources of SIGHTLINE_MUTATION
 * (mutate-hooks.mjs).
 */
import { register } from 'node:module';

register('./mutate-hooks.mjs', import.meta.url, { data: process.env.SIGHTLINE_MUTATION });
