/**
 * Four answers at a glance: the shares of batch and speed, the horizon, the freshness, and the time since the horizon.
 */
import type { TrustAnswer } from '../../serving/answers.ts';
import { answerOf } from '../model/board.ts';
import { MINUTE_MS, windowWords } from '../model/bounds.ts';
import { partsOf } from '../model/partial-answer.ts';
import { batchNote, horizonText, splitTotal } from '../model/share.ts';
import { ago, clock, lengthText } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import { ShareBar } from '../live/BatchSpeedSplit.tsx';
import type { PageState } from '../hooks/usePage.ts';

export function TrustCards({ page }: { page: PageState }) {
  const { board, choices, now } = page;
  const trust = answerOf(board, 'trust');
  const verdict = answerOf(board, 'verdict');
  const parts = (board && partsOf(board.top)) ?? { batch: 0, speed: 0 };
  const split = splitTotal(parts);
  const words = windowWords(board?.subject ?? choices);
  return (
    <section className="kpis cards" aria-label="At a glance">
      <div className="kpi">
        <h2>Share of {words}</h2>
        <ShareBar batch={parts.batch} speed={parts.speed} batchWidth={split.batchWidth} />
        <p className="sub num">
          <span className="one">
            <span className="k batch" aria-hidden="true" /> batch <b>{split.batch}</b>
          </span>
          <span className="one">
            <span className="k speed" aria-hidden="true" /> speed <b>{split.speed}</b>
          </span>
        </p>
      </div>
      <div className="kpi">
        <h2>Horizon</h2>
        <p className="mid num">
          {trust ? trust.horizon ? horizonText(trust, choices.tz, now) : 'none yet' : <span className="none">–</span>}
        </p>
        <p className="sub num">
          {trust && (
            <HorizonNote
              trust={trust}
              note={batchNote(trust, verdict, choices.tz, now)}
              word={verdict?.result ?? null}
              epoch={trust.horizon?.epoch ?? null}
            />
          )}
        </p>
      </div>
      <div className="kpi">
        <h2>Freshness</h2>
        <p className="mid num">{board ? ago(board.top.view.freshness_ms, true) : <span className="none">–</span>}</p>
        <p className="sub num">{trust && worstText(trust)}</p>
      </div>
      <div className="kpi">
        <h2>Open, not proved yet</h2>
        <p className="mid num">{trust ? openFor(trust, now) : <span className="none">–</span>}</p>
        <p className="sub num">
          {trust && `this epoch ends at ${clock(trust.batch.open_ends_at, choices.tz)} ${offsetText(now, choices.tz)}`}
        </p>
      </div>
    </section>
  );
}

function HorizonNote({
  trust,
  note,
  word,
  epoch,
}: {
  trust: TrustAnswer;
  note: { text: string; warn: boolean };
  word: string | null;
  epoch: string | null;
}) {
  if (note.warn) return <span className="warned">{note.text}</span>;
  if (!trust.horizon) return <>all of it is speed</>;
  return (
    <>
      <span className={epoch?.includes('T') ? 'epoch ofday' : 'epoch'}>
        <span className="what">epoch </span>
        {epoch}
        {word && ','}
      </span>{' '}
      {word}
    </>
  );
}

function worstText({ partitions }: TrustAnswer): string {
  const [worst] = partitions;
  if (!worst || worst.behind_records === 0) return 'all partitions are read to their end';
  return `worst: partition ${worst.partition}, ${ago(worst.behind_seconds * 1_000, true)} behind`;
}

/** Since the horizon, to the minute. */
function openFor({ horizon }: TrustAnswer, now: number): string {
  if (!horizon) return 'all';
  const ms = Math.max(0, now - horizon.ends_at);
  return ms < MINUTE_MS ? '< 1\u00a0min' : lengthText(Math.floor(ms / MINUTE_MS) * MINUTE_MS);
}
