/**
 * Writes face.css, the typeface of the pages, from its package: `node --import tsx dashboard-next/styles/face.ts`. A
 * test checks that the file is up to date.
 *
 * The letters of English and its neighbours are in the style sheet itself. The page waits for them, so nothing moves
 * when a file arrives later. The other alphabets are files, each fetched when a page has a letter of it, so that a name
 * such as Łódź or Nguyễn Huệ has one typeface from its first letter to its last.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const PACKAGE = dirname(require.resolve('@fontsource-variable/inter/index.css'));
export const FACE_FILE = fileURLToPath(new URL('face.css', import.meta.url));
/** In the style sheet. */
const INLINE = 'inter-latin-wght-normal.woff2';

export function faceCss(): string {
  const css = readFileSync(join(PACKAGE, 'index.css'), 'utf8');
  const faces = css.match(/@font-face \{[^}]*\}/g) ?? [];
  const own = faces.map((face) =>
    face
      .replace(/url\(\.\/files\/([^)]+)\)/, (_, file: string) =>
        file === INLINE
          ? `url(data:font/woff2;base64,${readFileSync(join(PACKAGE, 'files', file)).toString('base64')})`
          : `url(../../node_modules/@fontsource-variable/inter/files/${file})`,
      )
      .replace('font-display: swap', 'font-display: block'),
  );
  return `/* Made by face.ts from @fontsource-variable/inter (OFL-1.1). */\n${own.join('\n\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FACE_FILE, faceCss());
