/** The band of four figures that a manager reads: total, rate, today, and what the total is made of. */
import type { Shown, WindowName } from '../model/address.ts';
import type { State } from '../model/badge.ts';
import type { Board } from '../model/board.ts';
import { partOf } from '../model/board.ts';
import { isOver, lengthMsOf, MINUTE_MS, windowWords } from '../model/bounds.ts';
import { change as changeOf, compact, count } from '../text/numbers.ts';
import { rateRange, sparkPath } from '../model/rate.ts';
import { onlyText } from '../model/partial-answer.ts';
import type { LiveState } from '../model/live-state.ts';
import { ago, clockOnce, clockSeconds, lengthText, moment, NBSP } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import { ChangeText } from '../table/ChangeText.tsx';
import { BatchSpeedSplit } from './BatchSpeedSplit.tsx';
import type { Change } from '../hooks/useAddress.ts';

interface Props {
  readonly board: Board | null;
  readonly state: LiveState;
  readonly shown: Shown;
  readonly condition: State;
  readonly now: number;
  readonly change: Change;
}

export function Kpis({ board, state, shown, condition, now, change }: Props) {
  return (
    <section className="kpis" aria-label="Figures">
      <Hero board={board} shown={shown} condition={condition} now={now} change={change} />
      <RateNow board={board} state={state} shown={shown} condition={condition} />
      <Today board={board} shown={shown} now={now} />
      <BatchSpeedSplit board={board} shown={shown} now={now} />
    </section>
  );
}

function Hero({ board, shown, condition, now, change }: Omit<Props, 'state'>) {
  const words = windowWords(board?.subject ?? shown);
  return (
    <div className="kpi hero">
      <h2>Detections{board?.subject.fixed ? ` in ${words}` : `, ${words}`}</h2>
      <p className="big num" id="total">
        {board ? count(board.top.total) : <span className="none">–</span>}
      </p>
      <div className="sub num">
        <HeroNote board={board} shown={shown} condition={condition} now={now} change={change} />
      </div>
    </div>
  );
}

function HeroNote({ board, shown, condition, now, change }: Omit<Props, 'state'>) {
  if (!board) return <>{condition === 'connecting' ? 'Asking for the first numbers' : 'No numbers yet'}</>;
  const only = onlyText(board.top.view);
  if (only) return <span className="warned">{`${only}: the ${board.top.view.missing} view does not answer`}</span>;
  if (condition === 'stale') return <>true up to {moment(board.top.view.speed_as_of, shown.tz, now)}</>;
  const trust = partOf(board, 'trust');
  if (board.top.total === 0 && trust?.tallies.records === 0) return <>Waiting for the first detection</>;
  if (board.top.total === 0) return <Widen shown={shown} change={change} />;
  const compared = partOf(board, 'comparedItems');
  const length = lengthText(compared ? compared.now.to - compared.now.from : lengthMsOf(board.subject));
  if (!compared) return <>no comparison with the {length} before yet</>;
  if (compared.before.total === 0) return <>nothing in the {length} before</>;
  const difference = changeOf(compared.now.total, compared.before.total);
  return (
    <span key={difference.text.length}>
      <ChangeText change={difference} /> {`vs the ${length} before, ${compact(compared.before.total)}`}
    </span>
  );
}

function Widen({ shown, change }: { shown: Shown; change: Change }) {
  const wider: WindowName | null =
    shown.fixed || ['5m', '15m', '1h'].includes(shown.window) ? '24h' : shown.window === '24h' ? '7d' : null;
  return (
    <>
      No detections in this window.
      {wider && (
        <>
          {' '}
          Widen it:{' '}
          <button type="button" className="inline" onClick={() => change({ window: wider, fixed: null })}>
            {wider === '24h' ? `24${NBSP}h` : `7${NBSP}d`}
          </button>
        </>
      )}
    </>
  );
}

function RateNow({ board, state, shown, condition }: Omit<Props, 'change' | 'now'>) {
  const { track } = state;
  const minute = partOf(board, 'minute');
  const measured = track.rate ?? (minute ? (minute.total * 1_000) / MINUTE_MS : null);
  const isPast = board !== null && isOver(board.subject, board.top.view.speed_as_of);
  const known =
    measured !== null &&
    !isPast &&
    board?.top.view.missing !== 'speed' &&
    !['stale', 'offline', 'down', 'costly', 'connecting'].includes(condition);
  const spark = sparkPath(track);
  return (
    <div className="kpi rate">
      <h2>Rate now</h2>
      <div className="with">
        <p className="mid num" id="rate">
          {known ? <Rate text={count(Math.round(measured))} /> : <span className="none">–</span>}
        </p>
        <svg
          className={known ? 'spark' : 'spark off'}
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={sparkWords(state)}
        >
          <path className="area" d={spark.area} />
          <path className="stroke" d={spark.line} />
        </svg>
      </div>
      <p className="sub num">
        <RateNote board={board} state={state} shown={shown} condition={condition} isPast={isPast} measured={measured} />
      </p>
    </div>
  );
}

function Rate({ text }: { text: string }) {
  return (
    <span key={text.length}>
      {text}
      <small>/s</small>
    </span>
  );
}

function sparkWords({ track }: LiveState): string {
  const range = rateRange(track);
  if (!range) return 'No rates measured yet';
  const mean = track.line.reduce((sum, { rate }) => sum + rate, 0) / track.line.length;
  return `Rates of the last ${ago(range.overMs)}: from ${compact(Math.round(range.min))} to ${compact(Math.round(range.max))}, mean ${compact(Math.round(mean))} a second`;
}

/** What a phone has no room for is marked. */
function RateNote({
  board,
  state,
  shown,
  condition,
  isPast,
  measured,
}: Omit<Props, 'change' | 'now'> & { isPast: boolean; measured: number | null }) {
  if (!board) return null;
  const { speed_as_of: asOf } = board.top.view;
  if (isPast) return <>this range is over</>;
  if (board.top.view.missing === 'speed') return <>not known</>;
  if (['stale', 'offline', 'down', 'costly'].includes(condition)) {
    if (measured === null) return <>not known</>;
    return (
      <>
        <span className="wide">last known </span>
        {`${compact(Math.round(measured))} at ${clockSeconds(asOf, shown.tz)}`}
      </>
    );
  }
  const { track } = state;
  if (track.rate === 0 && track.grewAt !== null && asOf - track.grewAt >= 1_000)
    return <>quiet for {ago(asOf - track.grewAt)}</>;
  const range = rateRange(track);
  if (range) {
    const words = `${compact(Math.round(range.min))} to ${compact(Math.round(range.max))}`;
    return (
      <span key={words.length}>
        {words}
        <span className="wide">{` in the last ${ago(Math.min(60_000, range.overMs))}`}</span>
      </span>
    );
  }
  const minute = partOf(board, 'minute');
  return (
    <>{minute ? `mean of ${clockOnce(minute.from, shown.tz)} to ${clockOnce(minute.to, shown.tz)}` : 'measuring'}</>
  );
}

function Today({ board, shown, now }: Pick<Props, 'board' | 'shown' | 'now'>) {
  const today = board?.top.since ?? null;
  const only = onlyText(board?.top.view);
  return (
    <div className="kpi today">
      <h2>Today so far</h2>
      <p className="mid num" id="today">
        {today ? count(today.total) : <span className="none">–</span>}
      </p>
      <p className="sub num">{only ? `${only} since 00:00` : `since 00:00 ${offsetText(now, shown.tz)}`}</p>
    </div>
  );
}
