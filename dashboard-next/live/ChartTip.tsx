/** The numbers of one bucket beside the pointer. The box has one width, so that it does not jump between buckets. */
import { useLayoutEffect, useRef } from 'react';
import type { Bar } from '../model/bars.ts';
import { count } from '../text/numbers.ts';
import { boundsText } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';

interface Props {
  readonly bar: Bar;
  /** Per cent of the plot's width. */
  readonly x: number;
  readonly tz: string;
  readonly now: number;
  readonly lengthWords: string;
}

export function ChartTip({ bar, x, tz, now, lengthWords }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    box.current?.style.setProperty('left', `${x}%`);
  }, [x]);
  return (
    <div ref={box} className={x > 50 ? 'tip left' : 'tip'} aria-hidden="true">
      <p className="when num">
        {boundsText({ from: bar.t, to: bar.to }, tz, now)} {offsetText(bar.t, tz)}
      </p>
      <p className="all num">
        {count(bar.count)}
        {bar.isCut && <small> part of the bucket</small>}
      </p>
      <dl className="num">
        <dt>
          <span className="k batch" />
          batch
        </dt>
        <dd>{count(bar.batch)}</dd>
        <dt>
          <span className="k speed" />
          speed
        </dt>
        <dd>{count(bar.speed)}</dd>
        <dt>
          <span className="k prev" />
          {lengthWords} before
        </dt>
        <dd>{bar.before === null ? '–' : count(bar.before)}</dd>
      </dl>
    </div>
  );
}
