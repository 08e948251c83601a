/**
 * Whether a person last asked for the stack to be up or down. A supervisor reads it, so that it does not start the
 * daemons again that a `cluster down` from another terminal stops.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';

export type Wish = 'up' | 'down';

export async function recordWish(stack: Stack, wish: Wish): Promise<void> {
  await mkdir(stack.folder, { recursive: true });
  await writeFile(join(stack.folder, 'wish'), wish);
}

export async function readWish(stack: Stack): Promise<Wish> {
  const text = await readFile(join(stack.folder, 'wish'), 'utf8').catch(() => 'down');
  return text === 'up' ? 'up' : 'down';
}
