/**
 * What every page has: its address, the feed, the badge and its notice, the theme, the dialogs, the keys.
 *
 * A page's component calls it once, hands the result to the Frame around it, and takes from it what its own parts show.
 * Bounds, titles and numbers are taken from the board, not from the address: after a choice the old picture stays whole
 * until the new one is there.
 */
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Shown, Where } from '../model/address.ts';
import type { Badge, State } from '../model/badge.ts';
import type { Board } from '../model/board.ts';
import type { Notice } from '../model/notice.ts';
import type { LiveState } from '../model/live-state.ts';
import type { ThemeChoice } from '../model/theme.ts';
import type { Change } from './useAddress.ts';
import type { CopyLink } from './useCopyLink.ts';
import type { DialogName, PageProps } from '../model/page.ts';
import { badgeOf, conditionOf, spoken } from '../model/badge.ts';
import { windowWords } from '../model/bounds.ts';
import { noticeOf } from '../model/notice.ts';
import { count } from '../text/numbers.ts';
import { signalsOf } from '../model/live-state.ts';
import { linkTo } from '../model/routes.ts';
import { useAddress } from './useAddress.ts';
import { useAnnouncer } from './useAnnouncer.ts';
import { useCopyLink } from './useCopyLink.ts';
import { useKeys } from './useKeys.ts';
import { useLive } from './useLive.ts';
import { useTheme } from './useTheme.ts';

/** `find` leads to a place or a detection, `place` chooses the place that Live shows. */
const CORRECTED_FOR_MS = 60_000;

export interface PageState {
  readonly shown: Shown;
  readonly change: Change;
  /** Leads to another page. */
  readonly go: (where: Where, changed?: Partial<Shown>) => void;
  readonly state: LiveState;
  readonly board: Board | null;
  readonly now: number;
  readonly busy: boolean;
  readonly askNow: () => void;
  readonly condition: Exclude<State, 'paused'>;
  /** What is shown may no longer be so. */
  readonly isOld: boolean;
  readonly badge: Badge;
  readonly notice: Notice | null;
  readonly dismiss: () => void;
  readonly theme: ThemeChoice;
  readonly turnTheme: () => void;
  readonly signedInAs: string | null;
  readonly dialog: DialogName | null;
  readonly setDialog: (dialog: DialogName | null) => void;
  readonly openName: string | null;
  readonly setOpenName: (name: string | null) => void;
  readonly announced: string;
  readonly say: (text: string) => void;
  readonly pause: () => void;
  readonly copy: CopyLink;
}

export function usePage({ where, first, theme: firstTheme, signedInAs }: PageProps): PageState {
  const { shown, faults, change } = useAddress(where);
  const { state, now, busy, askNow } = useLive(first, shown);
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const [openName, setOpenName] = useState<string | null>(null);
  const [dismissed, setDismissed] = useState(false);
  const router = useRouter();
  const { board } = state;
  const signals = signalsOf(state, shown, now);
  const condition = conditionOf(signals);
  const badge = badgeOf(signals, shown.tz);
  const corrected = state.corrected && now - state.corrected.at < CORRECTED_FOR_MS ? state.corrected.amount : null;
  const notice = noticeOf(signals, shown.tz, { faults: dismissed ? [] : faults, corrected });
  useWholeAgain(board, change);
  const announcer = useAnnouncer(badge.state === 'live' ? badge.word : spoken(badge).replace(/\d+.*$/, ''));
  const { say } = announcer;
  const pause = usePause(shown, change, say);
  const { theme, turnTheme } = useTheme(firstTheme, change);
  const copy = useCopyLink(shown, board, say);
  const latest = useRef(shown);
  latest.current = shown;
  const go = useCallback(
    (to: Where, changed?: Partial<Shown>) => router.push(linkTo(to, latest.current, changed)),
    [router],
  );
  const sayNumbers = (): void => {
    if (!board) return;
    const rate = state.track.rate === null ? '' : `, ${count(Math.round(state.track.rate))} a second`;
    say(`${count(board.top.total)} detections, ${windowWords(board.subject)}${rate}, ${spoken(badge)}`);
  };
  useKeys({
    shown,
    now,
    change,
    go,
    pause,
    setDialog,
    copy: copy.copy,
    sayNumbers,
    isOpen: dialog !== null || openName !== null,
  });
  const isOld = condition === 'stale' || condition === 'offline' || condition === 'down' || condition === 'costly';
  const dismiss = useCallback(() => setDismissed(true), []);
  return {
    shown,
    change,
    go,
    state,
    board,
    now,
    busy,
    askNow,
    condition,
    isOld,
    badge,
    notice,
    dismiss,
    theme,
    turnTheme,
    signedInAs,
    dialog,
    setDialog,
    openName,
    setOpenName,
    announced: announcer.text,
    say,
    pause,
    copy,
  };
}

/** Once the whole is there, a part is allowed no longer: the next time a view is away, the page says so and asks. */
function useWholeAgain(board: Board | null, change: Change): void {
  const isWhole = board !== null && board.subject.allowPartial && !board.top.view.missing;
  useEffect(() => {
    if (isWhole) change({ allowPartial: false }, 'replace');
  }, [isWhole, change]);
}

/** What the server hands to every page. */
function usePause(shown: Shown, change: Change, say: (text: string) => void): () => void {
  const resumed = useRef<1 | 5 | 10>(1);
  useEffect(() => {
    if (shown.refresh !== 'off') resumed.current = shown.refresh;
  }, [shown.refresh]);
  return useCallback(() => {
    const paused = shown.refresh === 'off';
    change({ refresh: paused ? resumed.current : 'off' }, 'replace');
    say(paused ? 'Live again' : 'Paused');
  }, [shown.refresh, change, say]);
}
