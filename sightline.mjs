#!/usr/bin/env node
// The program that npm links as `sightline`: teaches Node to read TypeScript, then hands over to the command line.
import { register } from 'tsx/esm/api';

register();
await import('./sightline.ts');
