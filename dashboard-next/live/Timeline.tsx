/** The card of the timeline: the same buckets as a chart or as a table, in a box of one size. */
import { useMemo, useRef } from 'react';
import type { Choices } from '../model/address.ts';
import type { Top } from '../model/bars.ts';
import { barsOf, nextTop, peakOf } from '../model/bars.ts';
import type { Board } from '../model/board.ts';
import { answerOf } from '../model/board.ts';
import { bucketWords, lengthWords, stepSecondsOf } from '../model/bounds.ts';
import { Chart, PLOT_HEIGHT } from './Chart.tsx';
import { TimelineTable } from './TimelineTable.tsx';
import { CardTitle } from '../table/CardTitle.tsx';
import type { Change } from '../hooks/useAddress.ts';

interface Props {
  readonly board: Board | null;
  readonly choices: Choices;
  readonly isOld: boolean;
  readonly now: number;
  readonly change: Change;
  readonly say: (text: string) => void;
  /** Of the chart, in pixels. */
  readonly plotHeight?: number;
}

export function Timeline({ board, choices, isOld, now, change, say, plotHeight = PLOT_HEIGHT }: Props) {
  const answer = answerOf(board, 'timeline');
  const before = answerOf(board, 'timelineBefore');
  const trust = answerOf(board, 'trust');
  const verdict = answerOf(board, 'verdict');
  const bars = useMemo(() => (answer ? barsOf(answer, before) : []), [answer, before]);
  const subject = board?.subject ?? choices;
  const bucket = bucketWords(answer?.step ?? stepSecondsOf(subject));
  const length = lengthWords(subject);
  const top = useTop(peakOf(bars), `${answer?.location} ${answer?.step}`, now);
  const horizon = trust?.horizon ?? null;
  const horizonLine = horizon
    ? { at: horizon.ends_at, word: verdict?.epoch === horizon.epoch ? verdict.result : null }
    : null;
  return (
    <section className="card chart" aria-labelledby="timeline-title">
      <header>
        <CardTitle id="timeline-title" title={`Detections per ${bucket}`} view={answer?.view ?? null} tz={choices.tz} />
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
            aria-pressed={choices.view === 'chart'}
            onClick={() => change({ view: 'chart' })}
          >
            Chart
          </button>
          <button
            type="button"
            id="view-table"
            aria-pressed={choices.view === 'table'}
            onClick={() => change({ view: 'table' })}
          >
            Table
          </button>
        </div>
      </header>
      <div className={plotHeight === PLOT_HEIGHT ? 'plotbox' : 'plotbox tall'}>
        {choices.view === 'table' ? (
          <TimelineTable bars={bars} tz={choices.tz} now={now} lengthWords={length} />
        ) : (
          <Chart
            bars={bars}
            top={top}
            horizon={horizonLine}
            tz={choices.tz}
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

/** The top of the axis. It is kept between paints while place and step stay the same. */
function useTop(peak: number, key: string, now: number): number {
  const kept = useRef<{ key: string; top: Top } | null>(null);
  const before = kept.current?.key === key ? kept.current.top : null;
  const top = nextTop(before, peak, now);
  kept.current = { key, top };
  return top.value;
}
