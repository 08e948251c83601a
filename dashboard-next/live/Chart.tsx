/**
 * The timeline as a chart: the server draws it in its final box, and it looks the same in every browser.
 *
 * x is in per cent and y in pixels, so nothing is measured. The pointer or the arrow keys choose a bucket and show its
 * numbers; dragging across buckets chooses their range.
 */
import { useState } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { DAY_MS } from '../../core/domain/time.ts';
import { axisLabels } from '../model/axis.ts';
import type { Bar, Plot } from '../model/bars.ts';
import { barAt, gridOf, leadingGap, linePath, peakAndLow, xOf, yOf } from '../model/bars.ts';
import type { Missing } from '../model/partial-answer.ts';
import { count, tick } from '../text/numbers.ts';
import { boundsText, clock, clockOnce, dayClock } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import { Bars } from './Bars.tsx';
import { ChartTip } from './ChartTip.tsx';
import type { Change } from '../hooks/useAddress.ts';

export const PLOT_HEIGHT = 140;
const HEAD = 18;
const FOOT = 22;

interface Props {
  readonly bars: readonly Bar[];
  readonly top: number;
  readonly horizon: { readonly at: number; readonly word: string | null } | null;
  readonly tz: string;
  readonly now: number;
  readonly isOld: boolean;
  readonly isAnswered: boolean;
  /** The view that the bars lack. */
  readonly missing: Missing | null;
  /** Of the plot, in pixels. */
  readonly height: number;
  readonly lengthWords: string;
  readonly change: Change;
  readonly say: (text: string) => void;
}

export function Chart({
  bars,
  top,
  horizon,
  tz,
  now,
  isOld,
  isAnswered,
  missing,
  height,
  lengthWords,
  change,
  say,
}: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  if (bars.length === 0) return <EmptyChart isAnswered={isAnswered} height={height} />;
  const plot: Plot = { from: bars[0]!.t, to: bars.at(-1)!.to, height, top };
  const bucketAt = (event: PointerEvent<HTMLElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return barAt(bars, plot, (event.clientX - box.left) / box.width);
  };
  const choose = (index: number): void => {
    setChosen(index);
    const bar = bars[index]!;
    say(`${boundsText({ from: bar.t, to: bar.to }, tz, now)}: ${count(bar.count)}`);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const last = bars.length - 1;
    const from = chosen ?? last + (event.key === 'ArrowLeft' ? 1 : 0);
    const next = { ArrowLeft: Math.max(0, from - 1), ArrowRight: Math.min(last, from + 1), Home: 0, End: last }[
      event.key
    ];
    if (event.key === 'Escape') setChosen(null);
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
  };
  const release = (): void => {
    if (drag && drag.from !== drag.to) {
      const [first, last] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      change({ fixed: { from: bars[first]!.t, to: bars[last]!.to } });
    }
    setDrag(null);
  };
  const pointer = {
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const index = bucketAt(event);
      setChosen(index);
      if (drag) setDrag({ ...drag, to: index });
    },
    onPointerLeave: () => {
      setChosen(null);
      setDrag(null);
    },
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === 'mouse' && event.button === 0) setDrag({ from: bucketAt(event), to: bucketAt(event) });
    },
    onPointerUp: release,
  };
  const bar = chosen === null ? null : (bars[chosen] ?? null);
  return (
    <>
      <YAxis plot={plot} zone={axisZone(plot.to, tz)} />
      <div
        className={isOld ? 'plot faded' : 'plot'}
        tabIndex={0}
        role="group"
        aria-label="Timeline; arrow keys move from bucket to bucket"
        data-arrows
        onKeyDown={onKeyDown}
        onBlur={() => setChosen(null)}
        {...pointer}
      >
        <svg
          width="100%"
          height={HEAD + height + FOOT}
          role="img"
          aria-label={sentence(bars, tz, now) + (missing ? `; the ${missing} view is missing` : '')}
        >
          <Grid plot={plot} />
          <Picture bars={bars} plot={plot} tz={tz} missing={missing} />
          {horizon && horizon.at > plot.from && horizon.at < plot.to && <HorizonLine horizon={horizon} plot={plot} />}
          <XAxis plot={plot} tz={tz} />
          {drag && drag.from !== drag.to && (
            <Band bars={bars} plot={plot} from={Math.min(drag.from, drag.to)} to={Math.max(drag.from, drag.to)} />
          )}
          {chosen !== null && bar && <Band bars={bars} plot={plot} from={chosen} to={chosen} />}
        </svg>
        {bar && <ChartTip bar={bar} x={xOf((bar.t + bar.to) / 2, plot)} tz={tz} now={now} lengthWords={lengthWords} />}
      </div>
    </>
  );
}

/** `UTC−5`; `+5:45` if the text with UTC would not fit. */
function axisZone(t: number, tz: string): string {
  const text = offsetText(t, tz);
  return text.length > 6 ? text.replace('UTC', '') : text;
}

function EmptyChart({ isAnswered, height }: { isAnswered: boolean; height: number }) {
  const boxHeight = HEAD + height + FOOT;
  return (
    <>
      <svg className="yaxis" width="44" height={boxHeight} aria-hidden="true" />
      <div className="plot">
        <svg width="100%" height={boxHeight} role="img" aria-label="No timeline yet">
          {[0, 0.25, 0.5, 0.75, 1].map((part) => (
            <line
              key={part}
              className={part === 1 ? 'grid base' : 'grid'}
              x1="0"
              x2="100%"
              y1={HEAD + height * part}
              y2={HEAD + height * part}
            />
          ))}
          <text className="horizonword" x="50%" y={HEAD + height / 2 - 8} textAnchor="middle">
            {isAnswered ? 'There is no answer for the timeline' : 'No numbers yet'}
          </text>
        </svg>
      </div>
    </>
  );
}

function Picture({
  bars,
  plot,
  tz,
  missing,
}: {
  bars: readonly Bar[];
  plot: Plot;
  tz: string;
  missing: Missing | null;
}) {
  const gap = leadingGap(bars);
  const path = linePath(bars, plot);
  const gapWidth = gap ? xOf(gap.to, plot) : 0;
  return (
    <svg y={HEAD} width="100%" height={plot.height} overflow="visible">
      <defs>
        <pattern id="bar-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className="hatch-line" width="1.5" height="5" />
        </pattern>
        <pattern id="gap-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className="gap-line" width="1" height="8" />
        </pattern>
      </defs>
      {gap && <rect fill="url(#gap-hatch)" width={`${gapWidth}%`} height={plot.height} />}
      <Bars bars={bars} plot={plot} />
      {path !== '' && (
        <svg width="100%" height={plot.height} viewBox={`0 0 100 ${plot.height}`} preserveAspectRatio="none">
          <path className="prev-halo" d={path} />
          <path className="prev" d={path} />
        </svg>
      )}
      {gap && gapWidth > 12 && (
        <text className="gapt" x={`${gapWidth / 2}%`} y={plot.height / 2} textAnchor="middle">
          {missing
            ? `the ${missing} view is missing`
            : gap.isAll
              ? 'no detections in this window'
              : gapWidth > 30
                ? 'no detections before ' +
                  (gap.to - bars[0]!.t < DAY_MS ? clock(gap.to, tz) : dayClock(gap.to, tz, gap.to))
                : 'none'}
        </text>
      )}
    </svg>
  );
}

function Grid({ plot }: { plot: Plot }) {
  return gridOf(plot.top).map((value) => {
    const y = HEAD + yOf(value, plot);
    return <line key={value} className={value === 0 ? 'grid base' : 'grid'} x1="0" x2="100%" y1={y} y2={y} />;
  });
}

function YAxis({ plot, zone }: { plot: Plot; zone: string }) {
  return (
    <svg className="yaxis" width="44" height={HEAD + plot.height + FOOT} aria-hidden="true">
      {gridOf(plot.top).map((value) => (
        <text key={value} className="ax" x="36" y={HEAD + yOf(value, plot) + 4} textAnchor="end">
          {tick(value)}
        </text>
      ))}
      <text className="ax" x="36" y={HEAD + plot.height + 19} textAnchor="end">
        {zone}
      </text>
    </svg>
  );
}

function XAxis({ plot, tz }: { plot: Plot; tz: string }) {
  return axisLabels(plot.from, plot.to, tz).map(({ t, text, isMidnight, isWideOnly }) => {
    const x = xOf(t, plot);
    const y = HEAD + plot.height;
    return (
      <g key={t} className={isWideOnly ? 'wide' : undefined}>
        <line className="tick" x1={`${x}%`} x2={`${x}%`} y1={y} y2={y + 4} />
        <text
          className={isMidnight ? 'ax day' : 'ax'}
          x={`${x}%`}
          y={y + 19}
          textAnchor={x < 2 ? 'start' : x > 98 ? 'end' : 'middle'}
        >
          {text}
        </text>
      </g>
    );
  });
}

function HorizonLine({ horizon, plot }: { horizon: { at: number; word: string | null }; plot: Plot }) {
  const x = xOf(horizon.at, plot);
  return (
    <g>
      <line className="horizonline" x1={`${x}%`} x2={`${x}%`} y1="4" y2={HEAD + plot.height} />
      {x > 6 && (
        <text className={x < 28 ? 'horizonword wide' : 'horizonword'} x={`${x}%`} dx="-8" y="12" textAnchor="end">
          batch{horizon.word ? `, ${horizon.word}` : ''}
        </text>
      )}
      {x < 96 && (
        <text className={x > 86 ? 'horizonword wide' : 'horizonword'} x={`${x}%`} dx="8" y="12">
          speed
        </text>
      )}
    </g>
  );
}

function Band({ bars, plot, from, to }: { bars: readonly Bar[]; plot: Plot; from: number; to: number }) {
  if (!bars[from] || !bars[to]) return null;
  const x = xOf(bars[from].t, plot);
  return <rect className="band" x={`${x}%`} width={`${xOf(bars[to].to, plot) - x}%`} y={HEAD} height={plot.height} />;
}

function sentence(bars: readonly Bar[], tz: string, now: number): string {
  const range = boundsText({ from: bars[0]!.t, to: bars.at(-1)!.to }, tz, now);
  const ends = peakAndLow(bars);
  if (!ends || ends.peak.count === 0) return `Detections from ${range}: none in any complete bucket`;
  return (
    `Detections from ${range}: most at ${clockOnce(ends.peak.t, tz)} with ${count(ends.peak.count)}, ` +
    `fewest at ${clockOnce(ends.low.t, tz)} with ${count(ends.low.count)}`
  );
}
