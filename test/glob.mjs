/** Every `*.test.ts` below a folder, sorted. Node 20 has no glob of its own. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export function globSync(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return globSync(path);
      return entry.name.endsWith('.test.ts') ? [path] : [];
    })
    .sort();
}
