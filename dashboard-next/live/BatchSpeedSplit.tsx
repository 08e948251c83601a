/**
 * How much of the total the batch layer has published, and how much the speed layer alone has counted: a bar and two
 * shares.
 */
import type { Choices } from '../model/address.ts';
import type { Board } from '../model/board.ts';
import { answerOf } from '../model/board.ts';
import { partsOf } from '../model/partial-answer.ts';
import { batchNote, splitTotal, speedNote } from '../model/share.ts';

export function BatchSpeedSplit({ board, choices, now }: { board: Board | null; choices: Choices; now: number }) {
  const parts = (board && partsOf(board.top)) ?? undefined;
  const missing = board?.top.view.missing ?? null;
  const trust = answerOf(board, 'trust');
  const verdict = answerOf(board, 'verdict');
  const split = splitTotal(parts ?? { batch: 0, speed: 0 });
  const batch = batchNote(trust, verdict, choices.tz, now);
  const isEmpty = !parts || parts.batch + parts.speed === 0;
  return (
    <div className="kpi made">
      <h2>What this number is made of</h2>
      <ShareBar batch={parts?.batch ?? 0} speed={parts?.speed ?? 0} batchWidth={split.batchWidth} />
      {missing ? (
        <dl className="parts">
          <Figure
            kind="batch"
            word="Batch"
            figure="–"
            note={missing === 'batch' ? 'does not answer' : 'all that is shown'}
            warn={missing === 'batch'}
          />
          <Figure
            kind="speed"
            word="Speed"
            figure="–"
            note={missing === 'speed' ? 'does not answer' : 'all that is shown'}
            warn={missing === 'speed'}
          />
        </dl>
      ) : !isEmpty && parts.speed === 0 ? (
        <SingleFigure
          kind="batch"
          figure="100 %"
          text={verdict?.result === 'proved' ? 'proved: it will not change' : batch.text}
        />
      ) : !isEmpty && trust && !trust.horizon ? (
        <SingleFigure kind="speed" figure="100 %" text="No batch run yet: all of it is speed" />
      ) : (
        <dl className="parts">
          <Figure kind="batch" word="Batch" figure={split.batch} note={batch.text} warn={batch.warn} />
          <Figure
            kind="speed"
            word="Speed"
            figure={split.speed}
            note={speedNote(parts, trust, choices.tz)}
            warn={false}
          />
        </dl>
      )}
    </div>
  );
}

/** Batch solid, speed hatched; a part above zero is always visible. */
export function ShareBar({ batch, speed, batchWidth }: { batch: number; speed: number; batchWidth: number }) {
  const least = 1;
  const width = batch === 0 ? 0 : speed === 0 ? 100 : Math.min(100 - least, Math.max(least, batchWidth));
  const gap = batch > 0 && speed > 0 ? 0.5 : 0;
  return (
    <svg className="share" width="100%" height="12" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className="hatch-line" width="2" height="6" />
        </pattern>
      </defs>
      {batch + speed === 0 && <rect className="f-inset" width="100%" height="12" rx="3" />}
      {batch > 0 && <rect className="f-batch" width={`${(width - gap / 2).toFixed(2)}%`} height="12" rx="3" />}
      {speed > 0 && (
        <>
          <rect
            className="f-speed"
            x={`${(width + gap / 2).toFixed(2)}%`}
            width={`${(100 - width - gap / 2).toFixed(2)}%`}
            height="12"
            rx="3"
          />
          <rect
            fill="url(#hatch)"
            x={`${(width + gap / 2).toFixed(2)}%`}
            width={`${(100 - width - gap / 2).toFixed(2)}%`}
            height="12"
            rx="3"
          />
        </>
      )}
    </svg>
  );
}

interface FigureProps {
  readonly kind: 'batch' | 'speed';
  readonly word: string;
  readonly figure: string;
  readonly note: string;
  readonly warn: boolean;
}

function Figure({ kind, word, figure, note, warn }: FigureProps) {
  return (
    <div>
      <dt>
        <span className={`k ${kind}`} aria-hidden="true" />
        {word}
      </dt>
      <dd className="num">{figure}</dd>
      <dd className={warn ? 'note num warned' : 'note num'}>{note}</dd>
    </div>
  );
}

function SingleFigure({ kind, figure, text }: { kind: 'batch' | 'speed'; figure: string; text: string }) {
  return (
    <dl className="parts one">
      <Figure kind={kind} word={kind === 'batch' ? 'Batch' : 'Speed'} figure={figure} note={text} warn={false} />
    </dl>
  );
}
