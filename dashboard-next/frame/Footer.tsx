/**
 * The fixed line at the foot of a page: the horizon and the moment of the numbers; or in its place the notice of a
 * problem.
 */
import Link from 'next/link';
import type { Notice } from '../model/notice.ts';
import { linkTo } from '../model/routes.ts';
import { clockTenths } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import type { PageState } from '../hooks/usePage.ts';

interface Props {
  readonly page: PageState;
  /** Path of the API's answer on the page; null if the viewer may not see it. */
  readonly json: string | null;
}

export function Footer({ page, json }: Props) {
  const { notice } = page;
  return (
    <>
      <ViewLine page={page} json={json} hidden={notice !== null} />
      {notice && <NoticeBar page={page} notice={notice} />}
      <noscript>
        <p className="notice calm">
          <span className="words">
            <b>Live updates need JavaScript.</b> These numbers are of the moment when the page was loaded;{' '}
            <a href="">reload</a> for newer ones.
          </span>
        </p>
      </noscript>
    </>
  );
}

function ViewLine({ page, json, hidden }: Props & { hidden: boolean }) {
  const { board, choices, setDialog: open } = page;
  const view = board?.top.view ?? null;
  const horizon = view ? (view.horizon ?? 'none yet') : '–';
  const asOf = view ? `${clockTenths(view.speed_as_of, choices.tz)} ${offsetText(view.speed_as_of, choices.tz)}` : '–';
  return (
    <footer className={hidden ? 'view num covered' : 'view num'}>
      <span>
        Horizon <b className={horizon.includes('T') ? 'epoch ofday' : 'epoch'}>{horizon}</b>
      </span>
      <span>
        Speed as of <b className="asof">{asOf}</b>
      </span>
      <span>
        Places table <b>{(view?.reference_version ?? null) === null ? '–' : `v${view?.reference_version}`}</b>
      </span>
      <span className="sp" />
      {json !== null && <a href={json}>This answer as JSON</a>}
      <button type="button" className="textlink" onClick={() => open('keys')}>
        Keyboard shortcuts <kbd>?</kbd>
      </button>
    </footer>
  );
}

function NoticeBar({ page, notice }: { page: PageState; notice: Notice }) {
  const { state, choices, askNow, dismiss, change } = page;
  const fault = state.outage?.fault ?? null;
  const detail = (notice.action === 'try' || notice.action === 'part') && fault?.detail ? fault.detail : null;
  return (
    <div className={`notice ${notice.tone}`} role="region" aria-label="Notice">
      <span className="words">
        <b>{notice.strong}</b> {notice.text}
      </span>
      {detail && (
        <details>
          <summary>Details</summary>
          <p>
            {/[.!?]$/.test(detail) ? detail : `${detail}.`}
            {fault?.requestId && ` Request ${fault.requestId}.`}
          </p>
        </details>
      )}
      {notice.action === 'trust' && (
        <Link className="btn" href={linkTo({ page: 'trust' }, choices)} prefetch={false}>
          See Trust
        </Link>
      )}
      {notice.action === 'try' && (
        <button type="button" className="btn" onClick={askNow}>
          Try now
        </button>
      )}
      {notice.action === 'part' && (
        <button type="button" className="btn" onClick={() => change({ allowPartial: true }, 'replace')}>
          Show the part that answers
        </button>
      )}
      {notice.action === 'whole' && (
        <button type="button" className="btn" onClick={() => change({ allowPartial: false }, 'replace')}>
          Ask for the whole
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
