/** The fixed line at the foot: what the numbers rest on; or, in the same place, the one thing that is the matter. */
import type { Shown } from '../live/address.ts';
import { topItemsPath } from '../live/ask.ts';
import type { Board } from '../live/board.ts';
import type { Notice } from '../live/notice.ts';
import type { Fault } from '../live/state.ts';
import { clockTenths } from '../live/times.ts';
import { offsetText } from '../live/zones.ts';
import type { DialogName } from './Live.tsx';

interface Props {
  readonly board: Board | null;
  readonly shown: Shown;
  readonly now: number;
  readonly notice: Notice | null;
  readonly fault: Fault | null;
  readonly open: (dialog: DialogName) => void;
  readonly askNow: () => void;
  readonly dismiss: () => void;
}

export function Foot(props: Props) {
  const { notice } = props;
  return (
    <>
      <ViewLine {...props} hidden={notice !== null} />
      {notice && <NoticeBar {...props} notice={notice} />}
      <noscript>
        <p className="notice calm">
          <span className="words">
            <b>Live updates need JavaScript.</b> The numbers are those of this moment; <a href="">reload</a> for newer ones.
          </span>
        </p>
      </noscript>
    </>
  );
}

function ViewLine({ board, shown, open, hidden }: Props & { hidden: boolean }) {
  const view = board?.top.view ?? null;
  const asOf = view ? `${clockTenths(view.speed_as_of, shown.tz)} ${offsetText(view.speed_as_of, shown.tz)}` : '–';
  const json = topItemsPath({ location: shown.location, limit: shown.limit, from: board?.top.from ?? 0, to: board?.top.to ?? 0, parts: true });
  return (
    <footer className={hidden ? 'view num covered' : 'view num'}>
      <span>
        Horizon <b className="epoch">{view ? (view.horizon ?? 'none yet') : '–'}</b>
      </span>
      <span>
        Speed as of <b className="asof">{asOf}</b>
      </span>
      <span>
        Places table <b>{(view?.reference_version ?? null) === null ? '–' : `v${view?.reference_version}`}</b>
      </span>
      <span className="sp" />
      {board && <a href={json}>This answer as JSON</a>}
      <button type="button" className="textlink" onClick={() => open('keys')}>
        Keyboard shortcuts <kbd>?</kbd>
      </button>
    </footer>
  );
}

function NoticeBar({ notice, fault, askNow, dismiss }: Props & { notice: Notice }) {
  const detail = notice.action === 'try' && fault?.detail ? fault.detail : null;
  return (
    <div className={`notice ${notice.tone}`} role="region" aria-label="Notice">
      <span className="words">
        <b>{notice.strong}</b> {notice.text}
      </span>
      {detail && (
        <details>
          <summary>Details</summary>
          <p>
            {detail}
            {fault?.requestId && ` Request ${fault.requestId}.`}
          </p>
        </details>
      )}
      {notice.action === 'trust' && (
        <a className="btn" href="/api/v1/trust">
          See Trust
        </a>
      )}
      {notice.action === 'try' && (
        <button type="button" className="btn" onClick={askNow}>
          Try now
        </button>
      )}
      {notice.action === 'dismiss' && (
        <button type="button" className="btn" onClick={dismiss}>
          Close
        </button>
      )}
    </div>
  );
}
