/** A picture or a film in a box of fixed size: nothing moves when it comes, and without one the box says so. */
import type { ReactNode } from 'react';
import type { ListedFootage } from '../../serving/footage-answers.ts';

export function Picture({ file, text, children }: { file: ListedFootage | null; text: string; children?: ReactNode }) {
  return (
    <div className="frame">
      {file === null && <span className="hint">{children}</span>}
      {file !== null && file.kind !== 'mp4' && <img key={file.href} src={file.href} alt={text} />}
      {file?.kind === 'mp4' && <video key={file.href} src={file.href} aria-label={text} controls preload="metadata" />}
    </div>
  );
}
