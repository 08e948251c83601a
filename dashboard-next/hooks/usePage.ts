/**
 * What every page has: its choices, the feed, the badge and its notice, the theme, the dialogs, the keys.
 *
 * The component of a page calls `usePage` once, hands the result to the Frame around it, and takes from it what it
 * shows itself. Bounds, titles and numbers come from the board and not from the choices: after a choice the old picture
 * stays whole until the new one is complete.
 */
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Choices, Route } from '../model/address.ts';
import type { Badge, Signals, State } from '../model/badge.ts';
import type { Board } from '../model/board.ts';
import type { Notice, Occasion } from '../model/notice.ts';
import type { LiveState } from '../model/live-state.ts';
import type { ThemeChoice } from '../model/theme.ts';
import type { Change } from './useAddress.ts';
import type { CopyLink } from './useCopyLink.ts';
import type { DialogName, PageProps } from '../model/page.ts';
import { badgeOf, conditionOf, spokenText } from '../model/badge.ts';
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

/** How long the notice bar shows that a batch run has corrected the total. */
const CORRECTION_NEWS_MS = 60_000;

export interface PageState {
  readonly choices: Choices;
  readonly change: Change;
  /** Opens another page. */
  readonly go: (route: Route, changed?: Partial<Choices>) => void;
  readonly state: LiveState;
  readonly board: Board | null;
  readonly now: number;
  readonly busy: boolean;
  readonly askNow: () => void;
  readonly condition: Exclude<State, 'paused'>;
  /** The numbers on the screen may be out of date. */
  readonly isOld: boolean;
  readonly badge: Badge;
  readonly notice: Notice | null;
  readonly dismiss: () => void;
  readonly theme: ThemeChoice;
  readonly switchTheme: () => void;
  readonly signedInAs: string | null;
  readonly footage: boolean;
  readonly dialog: DialogName | null;
  readonly setDialog: (dialog: DialogName | null) => void;
  readonly openName: string | null;
  readonly setOpenName: (name: string | null) => void;
  readonly announcement: string;
  readonly say: (text: string) => void;
  readonly pause: () => void;
  readonly copy: CopyLink;
}

export function usePage({ route, first, theme: firstTheme, signedInAs, footage }: PageProps): PageState {
  const { choices, faults, change } = useAddress(route);
  const { state, now, busy, askNow } = useLive(first, choices);
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const [openName, setOpenName] = useState<string | null>(null);
  const { board } = state;
  const signals = signalsOf(state, choices, now);
  const condition = conditionOf(signals);
  const badge = badgeOf(signals, choices.tz);
  const { notice, dismiss } = useNotice(signals, choices.tz, { faults, correction: newsOf(state, now) });
  useWholeWhenBack(board, change);
  const announcer = useAnnouncer(badge.state === 'live' ? badge.word : spokenText(badge).replace(/\d+.*$/, ''));
  const { say } = announcer;
  const pause = usePause(choices, change, say);
  const { theme, switchTheme } = useTheme(firstTheme, change);
  const copy = useCopyLink(choices, board, say);
  const go = useGo(choices);
  const sayNumbers = (): void => void (board && say(numbersInWords(board, state.track.rate, badge)));
  useKeys({
    choices,
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
  return {
    choices,
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
    switchTheme,
    signedInAs,
    footage,
    dialog,
    setDialog,
    openName,
    setOpenName,
    announcement: announcer.text,
    say,
    pause,
    copy,
  };
}

/** The amount of a correction while it is news. */
function newsOf({ correction }: LiveState, now: number): number | null {
  return correction && now - correction.at < CORRECTION_NEWS_MS ? correction.amount : null;
}

function useNotice(signals: Signals, zone: string, { faults, correction }: Occasion) {
  const [isDismissed, setDismissed] = useState(false);
  const notice = noticeOf(signals, zone, { faults: isDismissed ? [] : faults, correction });
  const dismiss = useCallback(() => setDismissed(true), []);
  return { notice, dismiss };
}

function useGo(choices: Choices): PageState['go'] {
  const router = useRouter();
  const latest = useRef(choices);
  latest.current = choices;
  return useCallback((to, changed) => router.push(linkTo(to, latest.current, changed)), [router]);
}

/** What the key `s` speaks. */
function numbersInWords({ top, subject }: Board, rate: number | null, badge: Badge): string {
  const rateWords = rate === null ? '' : `, ${count(Math.round(rate))} a second`;
  return `${count(top.total)} detections, ${windowWords(subject)}${rateWords}, ${spokenText(badge)}`;
}

/** Takes `allowPartial` back when both views answer, so that the page warns the next time that one does not. */
function useWholeWhenBack(board: Board | null, change: Change): void {
  const isWhole = board !== null && board.subject.allowPartial && !board.top.view.missing;
  useEffect(() => {
    if (isWhole) change({ allowPartial: false }, 'replace');
  }, [isWhole, change]);
}

/** Pauses the page, or resumes it with the refresh that it had. */
function usePause(choices: Choices, change: Change, say: (text: string) => void): () => void {
  const lastRefresh = useRef<1 | 5 | 10>(1);
  useEffect(() => {
    if (choices.refresh !== 'off') lastRefresh.current = choices.refresh;
  }, [choices.refresh]);
  return useCallback(() => {
    const paused = choices.refresh === 'off';
    change({ refresh: paused ? lastRefresh.current : 'off' }, 'replace');
    say(paused ? 'Live again' : 'Paused');
  }, [choices.refresh, change, say]);
}
