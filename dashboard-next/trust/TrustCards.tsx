/**
 * Four answers at a glance: what the window is made of, up to where it is proved, how fresh it is, how long the open
 * time is.
 */
import type { TrustAnswer } from '../../serving/answers.ts';
import { partOf } from '../model/board.ts';
import { MINUTE_MS, windowWords } from '../model/bounds.ts';
import { partsOf } from '../model/partial-answer.ts';
import { batchNote, horizonText, madeOf } from '../model/share.ts';
import { ago, clock, lengthText } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import { ShareBar } from '../live/BatchSpeedSplit.tsx';
import type { PageState } from '../hooks/usePage.ts';

export function TrustCards({ page }: { page: PageState }) {
  const { board, shown, now } = page;
  const trust = partOf(board, 'trust');
  const verdict = partOf(board, 'verdict');
  const parts = (board && partsOf(board.top)) ?? { batch: 0, speed: 0 };
  const made = madeOf(parts);
  const words = windowWords(board?.subject ?? shown);
  return (
    <section className="kpis cards" aria-label="At a glance">
      <div className="kpi">
        <h2>Share of {words}</h2>
        <ShareBar batch={parts.batch} speed={parts.speed} batchWidth={made.batchWidth} />
        <p className="sub num">
          <span className="one">
            <span className="k batch" aria-hidden="true" /> batch <b>{made.batch}</b>
          </span>
          <span className="one">
            <span className="k speed" aria-hidden="true" /> speed <b>{made.speed}</b>
          </span>
        </p>
      </div>
      <div className="kpi">
        <h2>Horizon</h2>
        <p className="mid num">
          {trust ? trust.horizon ? horizonText(trust, shown.tz, now) : 'none yet' : <span className="none">–</span>}
        </p>
        <p className="sub num">
          {trust && (
            <HorizonNote
              trust={trust}
              note={batchNote(trust, verdict, shown.tz, now)}
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
          {trust && `this epoch ends at ${clock(trust.batch.open_ends_at, shown.tz)} ${offsetText(now, shown.tz)}`}
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
  if (!worst || worst.behind_records === 0) return 'every partition is read to its end';
  return `worst: partition ${worst.partition}, ${ago(worst.behind_seconds * 1_000, true)} behind`;
}

/** Since the horizon, to the minute. */
function openFor({ horizon }: TrustAnswer, now: number): string {
  if (!horizon) return 'all';
  const ms = Math.max(0, now - horizon.ends_at);
  return ms < MINUTE_MS ? '< 1\u00a0min' : lengthText(Math.floor(ms / MINUTE_MS) * MINUTE_MS);
}
