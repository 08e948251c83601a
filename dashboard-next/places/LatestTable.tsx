/**
 * The latest detections of a place, as they come: held while somebody points at them, older ones on request.
 *
 * New rows appear at the top without moving anything that is looked at: rows belong to their place in the list, and
 * while pointer or focus is inside nothing changes but the number of those that came meanwhile.
 */
import { useEffect, useRef, useState } from 'react';
import type { FocusEvent } from 'react';
import type { DetectionsAnswer } from '../../serving/answers.ts';
import { httpQuestions } from '../feed/http-questions.ts';
import { faultOfPart, partOf } from '../model/board.ts';
import { serverClock } from '../feed/clock.ts';
import type { HeldList } from '../model/latest-detections.ts';
import { hold, meanwhile, newerText, withOlder } from '../model/latest-detections.ts';
import { LATEST } from '../model/board-answers.ts';
import { offsetText } from '../text/zones.ts';
import { Filler } from '../table/ItemsTable.tsx';
import { LatestEmpty } from './LatestEmpty.tsx';
import { LatestRow } from './LatestRow.tsx';
import { CardTitle } from '../table/CardTitle.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import type { PageState } from '../hooks/usePage.ts';

const OLDER_AT_ONCE = 50;

export function LatestTable({ page }: { page: PageState }) {
  const { board, shown, now } = page;
  const answer = partOf(board, 'latest');
  const { list, held, isOld, handlers, release, older } = useLatest(page, answer);
  const rows = list?.rows ?? [];
  const trouble = faultOfPart(board, 'latest');
  return (
    <section className="card latest" aria-labelledby="latest-title">
      <header>
        <CardTitle
          id="latest-title"
          title="Latest detections"
          view={held ? null : (answer?.view ?? null)}
          tz={shown.tz}
        />
        <span className="hint">{held ? 'held' : shown.refresh === 'off' ? 'paused' : 'as they come'}</span>
        <span className="sp" />
        <button
          type="button"
          className={held && held.newer > 0 ? 'btn num newer' : 'btn num newer off'}
          onClick={release}
          disabled={!held || held.newer === 0}
        >
          {held && held.newer > 0 ? newerText(held) : 'newest'}
        </button>
      </header>
      <div {...handlers}>
        {!answer && trouble && <FaultMessage fault={trouble} page={page} />}
        <table>
          <thead>
            <tr>
              <th scope="col" className="when">
                Time, {offsetText(now, shown.tz)}
              </th>
              <th scope="col">Item</th>
              <th scope="col" className="r cam">
                Camera
              </th>
              <th scope="col" className="r det">
                Detection
              </th>
            </tr>
          </thead>
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

function useLatest({ shown, now }: PageState, answer: DetectionsAnswer | null) {
  const [held, setHeld] = useState<HeldList | null>(null);
  const [isUnderWay, setUnderWay] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [opened, setOpened] = useState(false);
  const latest = useRef(answer);
  latest.current = answer;
  useEffect(() => {
    if (answer) setHeld((was) => was && meanwhile(was, answer));
  }, [answer]);
  const take = (): void => setHeld((was) => was ?? (latest.current && hold(latest.current)));
  const release = (): void => {
    setOpened(false);
    setHeld(null);
  };
  // Whoever asked for older ones reads on, wherever the pointer goes.
  const leave = (): void => setHeld((was) => (opened ? was : null));
  const ask = async (): Promise<void> => {
    const from = held ?? (latest.current && hold(latest.current));
    if (!from?.cursor) return;
    setUnderWay(true);
    setOpened(true);
    try {
      const answered = await httpQuestions(serverClock(now)).detections({
        ...from.span,
        location: shown.location,
        limit: OLDER_AT_ONCE,
        cursor: from.cursor,
      });
      setHeld((was) => withOlder(was ?? from, answered));
      setFault(null);
    } catch (thrown) {
      setFault(thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      setUnderWay(false);
    }
  };
  const handlers = {
    onPointerEnter: take,
    onPointerLeave: leave,
    onFocus: take,
    onBlur: (event: FocusEvent) => void (event.currentTarget.contains(event.relatedTarget) || leave()),
  };
  return {
    list: held ?? (answer && hold(answer)),
    held,
    isOld: fault !== null,
    handlers,
    release,
    older: { ask: () => void ask(), isUnderWay, fault },
  };
}
