/** The timeline's card: the same buckets as a picture or as a table, in a box of one size. */
import { useMemo, useRef } from 'react';
import type { Shown } from '../model/address.ts';
import type { Top } from '../model/bars.ts';
import { barsOf, nextTop, peakOf } from '../model/bars.ts';
import type { Board } from '../model/board.ts';
import { partOf } from '../model/board.ts';
import { bucketWords, lengthWords, stepSecondsOf } from '../model/bounds.ts';
import { Chart, PLOT_HEIGHT } from './Chart.tsx';
import { TimelineTable } from './TimelineTable.tsx';
import { CardTitle } from '../table/CardTitle.tsx';
import type { Change } from '../hooks/useAddress.ts';

interface Props {
  readonly board: Board | null;
  readonly shown: Shown;
  readonly isOld: boolean;
  readonly now: number;
  readonly change: Change;
  readonly say: (text: string) => void;
  /** Of the picture, in pixels. */
  readonly plotHeight?: number;
}

export function Timeline({ board, shown, isOld, now, change, say, plotHeight = PLOT_HEIGHT }: Props) {
  const answer = partOf(board, 'timeline');
  const before = partOf(board, 'timelineBefore');
  const trust = partOf(board, 'trust');
  const verdict = partOf(board, 'verdict');
  const bars = useMemo(() => (answer ? barsOf(answer, before) : []), [answer, before]);
  const subject = board?.subject ?? shown;
  const bucket = bucketWords(answer?.step ?? stepSecondsOf(subject));
  const length = lengthWords(subject);
  const top = useTop(peakOf(bars), `${answer?.location} ${answer?.step}`, now);
  const horizon = trust?.horizon ?? null;
  const seam = horizon ? { at: horizon.ends_at, word: verdict?.epoch === horizon.epoch ? verdict.result : null } : null;
  return (
    <section className="card chart" aria-labelledby="timeline-title">
      <header>
        <CardTitle id="timeline-title" title={`Detections per ${bucket}`} view={answer?.view ?? null} tz={shown.tz} />
        <ul className="legend">
          <li>
            <span className="k batch" aria-hidden="true" />
            batch
          </li>
          <li>
            <span className="k speed" aria-hidden="true" />
            speed
          </li>
          <li>
            <span className="k part" aria-hidden="true" />
            part of a bucket
          </li>
          {answer?.view.missing && <li className="warned">{`${answer.view.missing} is missing`}</li>}
          {bars.some((bar) => bar.before !== null) && (
            <li>
              <span className="k prev" aria-hidden="true" />
              {length} before
            </li>
          )}
        </ul>
        <span className="sp" />
        <div className="seg mini" role="group" aria-label="Timeline as">
          <button
            type="button"
            id="view-chart"
            aria-pressed={shown.view === 'chart'}
            onClick={() => change({ view: 'chart' })}
          >
            Chart
          </button>
          <button
            type="button"
            id="view-table"
            aria-pressed={shown.view === 'table'}
            onClick={() => change({ view: 'table' })}
          >
            Table
          </button>
        </div>
      </header>
      <div className={plotHeight === PLOT_HEIGHT ? 'plotbox' : 'plotbox tall'}>
        {shown.view === 'table' ? (
          <TimelineTable bars={bars} tz={shown.tz} now={now} lengthWords={length} />
        ) : (
          <Chart
            bars={bars}
            top={top}
            seam={seam}
            tz={shown.tz}
            now={now}
            isOld={isOld}
            isAnswered={board !== null}
            missing={answer?.view.missing ?? null}
            height={plotHeight}
            lengthWords={length}
            change={change}
            say={say}
          />
        )}
      </div>
    </section>
  );
}

/** Top of the axis: what it was is kept between paints, for as long as the same thing is drawn. */
function useTop(peak: number, key: string, now: number): number {
  const kept = useRef<{ key: string; top: Top } | null>(null);
  const before = kept.current?.key === key ? kept.current.top : null;
  const top = nextTop(before, peak, now);
  kept.current = { key, top };
  return top.value;
}
