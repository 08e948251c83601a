/**
 * The latest detections of a place as they arrive; older ones on request.
 *
 * While pointer or focus is in the list it stands still, and a button counts the newer rows. New rows fill the list
 * from the top; no row moves on the screen.
 */
import { useEffect, useRef, useState } from 'react';
import type { FocusEvent } from 'react';
import type { DetectionsAnswer } from '../../serving/answers.ts';
import { httpQuestions } from '../feed/http-questions.ts';
import { faultOfAnswer, answerOf } from '../model/board.ts';
import { serverClock } from '../feed/clock.ts';
import type { ListSnapshot } from '../model/latest-detections.ts';
import { takeSnapshot, countNewer, newerText, appendOlder } from '../model/latest-detections.ts';
import { LATEST } from '../model/board-answers.ts';
import { offsetText } from '../text/zones.ts';
import { Filler } from '../table/Filler.tsx';
import { LatestEmpty } from './LatestEmpty.tsx';
import { LatestRow } from './LatestRow.tsx';
import { CardTitle } from '../table/CardTitle.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import type { PageState } from '../hooks/usePage.ts';
import { TableHead } from '../table/TableHead.tsx';

const OLDER_AT_ONCE = 50;

export function LatestTable({ page }: { page: PageState }) {
  const { board, choices, now } = page;
  const answer = answerOf(board, 'latest');
  const { list, snapshot, isOld, handlers, release, older } = useLatest(page, answer);
  const rows = list?.rows ?? [];
  const fault = faultOfAnswer(board, 'latest');
  return (
    <section className="card latest" aria-labelledby="latest-title">
      <header>
        <CardTitle
          id="latest-title"
          title="Latest detections"
          view={snapshot ? null : (answer?.view ?? null)}
          tz={choices.tz}
        />
        <span className="hint">{snapshot ? 'on hold' : choices.refresh === 'off' ? 'paused' : 'as they arrive'}</span>
        <span className="sp" />
        <button
          type="button"
          className={snapshot && snapshot.newer > 0 ? 'btn num newer' : 'btn num newer off'}
          onClick={release}
          disabled={!snapshot || snapshot.newer === 0}
        >
          {snapshot && snapshot.newer > 0 ? newerText(snapshot) : 'newest'}
        </button>
      </header>
      <div {...handlers}>
        {!answer && fault && <FaultMessage fault={fault} page={page} />}
        <table>
          <TableHead
            columns={[
              { title: `Time, ${offsetText(now, choices.tz)}`, className: 'when' },
              { title: 'Item' },
              { title: 'Camera', className: 'r cam' },
              { title: 'Detection', className: 'r det' },
            ]}
          />
          <tbody>
            {rows.map((row, place) => (
              <LatestRow key={place} row={row} page={page} />
            ))}
            {answer && rows.length === 0 && <LatestEmpty page={page} />}
            {rows.length < LATEST && (
              <Filler
                rows={LATEST - rows.length - (answer && rows.length === 0 ? 1 : 0)}
                text={answer ? '' : 'No detections yet'}
                columns={4}
              />
            )}
          </tbody>
        </table>
        {list?.cursor && (
          <p className="olderrow">
            <button type="button" className="btn" onClick={older.ask} disabled={older.isUnderWay}>
              Older
            </button>
            {isOld && <span className="hint">{older.fault}</span>}
          </p>
        )}
      </div>
    </section>
  );
}

function useLatest({ choices, now }: PageState, answer: DetectionsAnswer | null) {
  const [snapshot, setSnapshot] = useState<ListSnapshot | null>(null);
  const [isUnderWay, setUnderWay] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [isReadingOlder, setReadingOlder] = useState(false);
  const latest = useRef(answer);
  latest.current = answer;
  useEffect(() => {
    if (answer) setSnapshot((was) => was && countNewer(was, answer));
  }, [answer]);
  const freeze = (): void => setSnapshot((was) => was ?? (latest.current && takeSnapshot(latest.current)));
  const release = (): void => {
    setReadingOlder(false);
    setSnapshot(null);
  };
  // A reader of older rows keeps them, even if the pointer leaves.
  const leave = (): void => setSnapshot((was) => (isReadingOlder ? was : null));
  const ask = async (): Promise<void> => {
    const from = snapshot ?? (latest.current && takeSnapshot(latest.current));
    if (!from?.cursor) return;
    setUnderWay(true);
    setReadingOlder(true);
    try {
      const answered = await httpQuestions(serverClock(now)).detections({
        ...from.span,
        location: choices.location,
        limit: OLDER_AT_ONCE,
        cursor: from.cursor,
      });
      setSnapshot((was) => appendOlder(was ?? from, answered));
      setFault(null);
    } catch (thrown) {
      setFault(thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      setUnderWay(false);
    }
  };
  const handlers = {
    onPointerEnter: freeze,
    onPointerLeave: leave,
    onFocus: freeze,
    onBlur: (event: FocusEvent) => void (event.currentTarget.contains(event.relatedTarget) || leave()),
  };
  return {
    list: snapshot ?? (answer && takeSnapshot(answer)),
    snapshot,
    isOld: fault !== null,
    handlers,
    release,
    older: { ask: () => void ask(), isUnderWay, fault },
  };
}
