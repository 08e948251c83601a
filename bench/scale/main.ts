/** `npm run bench:scale`: writes bench/scale.md anew. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scalePage } from './page.ts';

writeFileSync(fileURLToPath(new URL('../scale.md', import.meta.url)), scalePage());
