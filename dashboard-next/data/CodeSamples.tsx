/** Lines of Python that read the ticked days, to copy into a notebook. */
import { useState } from 'react';
import type { LakeAnswer } from '../../serving/answers.ts';
import type { Reader } from '../model/lake.ts';
import { linesFor, READERS } from '../model/lake.ts';
import { CopyButton } from '../elements/CopyButton.tsx';

interface Props {
  readonly lake: LakeAnswer | null;
  readonly days: readonly string[];
  readonly say: (text: string) => void;
}

export function CodeSamples({ lake, days, say }: Props) {
  const [reader, setReader] = useState<Reader>('pandas');
  const lines = lake && days.length > 0 ? linesFor(reader, lake, days) : null;
  return (
    <section className="card use" aria-labelledby="use-title">
      <header>
        <h2 id="use-title">Use it</h2>
        <span className="sp" />
        <div className="seg mini" role="group" aria-label="Read it with">
          {READERS.map((name) => (
            <button key={name} type="button" aria-pressed={reader === name} onClick={() => setReader(name)}>
              {name}
            </button>
          ))}
        </div>
      </header>
      <div className="codebox">
        <pre tabIndex={0} aria-label={`Lines for ${reader}`}>
          {lines ?? (lake && lake.days.length > 0 ? 'Tick a day.' : 'Nothing to read yet.')}
        </pre>
      </div>
      <footer>
        <span className="hint">For the days ticked. docs/data.md has columns and more.</span>
        <span className="sp" />
        {lines && <CopyButton text={lines} what="Lines" label="Copy" say={say} />}
      </footer>
    </section>
  );
}
