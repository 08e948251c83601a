/** The bars of the timeline: batch solid, speed hatched above it. A bucket that is cut off is an outline. */
import type { Bar, Plot } from '../model/bars.ts';
import { xOf, yOf } from '../model/bars.ts';

export function Bars({ bars, plot }: { bars: readonly Bar[]; plot: Plot }) {
  const gap = (100 / bars.length) * (bars.length <= 20 ? 0.04 : bars.length <= 80 ? 0.1 : 0.14);
  return bars.map((bar) => {
    if (bar.isUnknown || bar.count === 0) return null;
    const box = {
      x: `${(xOf(bar.t, plot) + gap / 2).toFixed(3)}%`,
      width: `${(xOf(bar.to, plot) - xOf(bar.t, plot) - gap).toFixed(3)}%`,
    };
    return bar.isCut ? (
      <Outline key={bar.t} bar={bar} plot={plot} box={box} />
    ) : (
      <Stack key={bar.t} bar={bar} plot={plot} box={box} />
    );
  });
}

interface BarProps {
  readonly bar: Bar;
  readonly plot: Plot;
  readonly box: { readonly x: string; readonly width: string };
}

function Stack({ bar, plot, box }: BarProps) {
  const splitY = yOf(bar.batch, plot);
  const topY = Math.min(yOf(bar.count, plot), plot.height - 1);
  const speedHeight = Math.max(0, splitY - topY);
  return (
    <>
      {bar.batch > 0 && (
        <rect
          className="f-batch"
          {...box}
          y={bar.speed === 0 ? topY : splitY}
          height={plot.height - (bar.speed === 0 ? topY : splitY)}
          rx="1"
        />
      )}
      {bar.speed > 0 && (
        <>
          <rect className="f-speed" {...box} y={topY} height={speedHeight} rx="1" />
          <rect fill="url(#bar-hatch)" {...box} y={topY} height={speedHeight} rx="1" />
        </>
      )}
    </>
  );
}

function Outline({ bar, plot, box }: BarProps) {
  const y = Math.min(yOf(bar.count, plot), plot.height - 2);
  return <rect className={bar.speed === 0 ? 'cut batch' : 'cut'} {...box} y={y} height={plot.height - y} rx="1" />;
}
