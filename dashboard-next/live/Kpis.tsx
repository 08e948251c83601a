/** The four figures at the top: total, rate, today, and the shares of batch and speed. */
import type { Choices, WindowName } from '../model/address.ts';
import type { State } from '../model/badge.ts';
import type { Board } from '../model/board.ts';
import { answerOf } from '../model/board.ts';
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
  readonly choices: Choices;
  readonly condition: State;
  readonly now: number;
  readonly change: Change;
}

export function Kpis({ board, state, choices, condition, now, change }: Props) {
  return (
    <section className="kpis" aria-label="Figures">
      <Hero board={board} choices={choices} condition={condition} now={now} change={change} />
      <RateNow board={board} state={state} choices={choices} condition={condition} />
      <Today board={board} choices={choices} now={now} />
      <BatchSpeedSplit board={board} choices={choices} now={now} />
    </section>
  );
}

function Hero({ board, choices, condition, now, change }: Omit<Props, 'state'>) {
  const words = windowWords(board?.subject ?? choices);
  return (
    <div className="kpi hero">
      <h2>Detections{board?.subject.fixed ? ` in ${words}` : `, ${words}`}</h2>
      <p className="big num" id="total">
        {board ? count(board.top.total) : <span className="none">–</span>}
      </p>
      <div className="sub num">
        <HeroNote board={board} choices={choices} condition={condition} now={now} change={change} />
      </div>
    </div>
  );
}

function HeroNote({ board, choices, condition, now, change }: Omit<Props, 'state'>) {
  if (!board) return <>{condition === 'connecting' ? 'Loading the first numbers' : 'No numbers yet'}</>;
  const only = onlyText(board.top.view);
  if (only) return <span className="warned">{`${only}: the ${board.top.view.missing} view does not answer`}</span>;
  if (condition === 'stale') return <>true up to {moment(board.top.view.speed_as_of, choices.tz, now)}</>;
  const trust = answerOf(board, 'trust');
  if (board.top.total === 0 && trust?.tallies.records === 0) return <>Waiting for the first detection</>;
  if (board.top.total === 0) return <Widen choices={choices} change={change} />;
  const compared = answerOf(board, 'comparedItems');
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

function Widen({ choices, change }: { choices: Choices; change: Change }) {
  const wider: WindowName | null =
    choices.fixed || ['5m', '15m', '1h'].includes(choices.window) ? '24h' : choices.window === '24h' ? '7d' : null;
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

function RateNow({ board, state, choices, condition }: Omit<Props, 'change' | 'now'>) {
  const { track } = state;
  const minute = answerOf(board, 'minute');
  const latestRate = track.rate ?? (minute ? (minute.total * 1_000) / MINUTE_MS : null);
  const isPast = board !== null && isOver(board.subject, board.top.view.speed_as_of);
  const isKnown =
    latestRate !== null &&
    !isPast &&
    board?.top.view.missing !== 'speed' &&
    !['stale', 'offline', 'down', 'costly', 'connecting'].includes(condition);
  const spark = sparkPath(track);
  return (
    <div className="kpi rate">
      <h2>Rate now</h2>
      <div className="with">
        <p className="mid num" id="rate">
          {isKnown ? <Rate text={count(Math.round(latestRate))} /> : <span className="none">–</span>}
        </p>
        <svg
          className={isKnown ? 'spark' : 'spark off'}
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
        <RateNote
          board={board}
          state={state}
          choices={choices}
          condition={condition}
          isPast={isPast}
          latestRate={latestRate}
        />
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
  return (
    `Rates of the last ${ago(range.overMs)}: from ${compact(Math.round(range.min))} to ` +
    `${compact(Math.round(range.max))}, mean ${compact(Math.round(mean))} a second`
  );
}

/** Class `wide` marks what a phone leaves out. */
function RateNote({
  board,
  state,
  choices,
  condition,
  isPast,
  latestRate,
}: Omit<Props, 'change' | 'now'> & { isPast: boolean; latestRate: number | null }) {
  if (!board) return null;
  const { speed_as_of: asOf } = board.top.view;
  if (isPast) return <>this range is over</>;
  if (board.top.view.missing === 'speed') return <>not known</>;
  if (['stale', 'offline', 'down', 'costly'].includes(condition)) {
    if (latestRate === null) return <>not known</>;
    return (
      <>
        <span className="wide">last known </span>
        {`${compact(Math.round(latestRate))} at ${clockSeconds(asOf, choices.tz)}`}
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
  const minute = answerOf(board, 'minute');
  return (
    <>{minute ? `mean of ${clockOnce(minute.from, choices.tz)} to ${clockOnce(minute.to, choices.tz)}` : 'measuring'}</>
  );
}

function Today({ board, choices, now }: Pick<Props, 'board' | 'choices' | 'now'>) {
  const today = board?.top.since ?? null;
  const only = onlyText(board?.top.view);
  return (
    <div className="kpi today">
      <h2>Today so far</h2>
      <p className="mid num" id="today">
        {today ? count(today.total) : <span className="none">–</span>}
      </p>
      <p className="sub num">{only ? `${only} since 00:00` : `since 00:00 ${offsetText(now, choices.tz)}`}</p>
    </div>
  );
}
