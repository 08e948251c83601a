'use client';
/**
 * The Live page: how much, of what, where, now.
 *
 * It owns the address, the feed and the dialogs, and hands each part of the page the few values it shows. Bounds, titles and
 * numbers are taken from the board, not from the address: after a choice the old picture stays whole until the new one is there.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { WINDOWS } from '../live/address.ts';
import { badgeOf, conditionOf, spoken } from '../live/badge.ts';
import { partOf } from '../live/board.ts';
import { windowWords } from '../live/bounds.ts';
import { noticeOf } from '../live/notice.ts';
import { compact, count } from '../live/numbers.ts';
import { signalsOf } from '../live/state.ts';
import type { ThemeChoice } from '../live/theme.ts';
import { nextTheme, themeCookie } from '../live/theme.ts';
import type { FirstPaint } from '../server/first-paint.ts';
import { Controls } from './Controls.tsx';
import { CustomRange } from './CustomRange.tsx';
import { Foot } from './Foot.tsx';
import { ItemsTable } from './ItemsTable.tsx';
import { Kpis } from './Kpis.tsx';
import { NameDialog } from './NameDialog.tsx';
import { PlaceFinder } from './PlaceFinder.tsx';
import { PlacesTable } from './PlacesTable.tsx';
import { Shortcuts } from './Shortcuts.tsx';
import { Timeline } from './Timeline.tsx';
import { TopBar } from './TopBar.tsx';
import { MoreSheet } from './MoreSheet.tsx';
import { useAddress } from './useAddress.ts';
import { useAnnouncer } from './useAnnouncer.ts';
import { useCopyLink } from './useCopyLink.ts';
import { useKeys } from './useKeys.ts';
import { useLive } from './useLive.ts';

export type DialogName = 'find' | 'custom' | 'keys' | 'more';
const CORRECTED_FOR_MS = 60_000;

export function Live({ first, theme: firstTheme }: { first: FirstPaint; theme: ThemeChoice }) {
  const { shown, faults, change } = useAddress();
  const { state, now, busy, askNow } = useLive(first, shown);
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const [openName, setOpenName] = useState<string | null>(null);
  const [dismissed, setDismissed] = useState(false);
  const [theme, setTheme] = useState(firstTheme);
  const { board } = state;
  const signals = signalsOf(state, shown, now);
  const condition = conditionOf(signals);
  const badge = badgeOf(signals, shown.tz);
  const corrected = state.corrected && now - state.corrected.at < CORRECTED_FOR_MS ? state.corrected.amount : null;
  const notice = noticeOf(signals, shown.tz, { faults: dismissed ? [] : faults, corrected });
  const places = partOf(board, 'places');
  const here = useMemo(() => places?.locations.find((place) => place.geographical_location_oid === shown.location) ?? null, [places, shown.location]);
  const announcer = useAnnouncer(badge.state === 'live' ? badge.word : spoken(badge).replace(/\d+.*$/, ''));
  const words = board ? windowWords(board.subject) : windowWords(shown);

  const pause = useCallback(() => {
    const paused = shown.refresh === 'off';
    change({ refresh: paused ? resumed.current : 'off' }, 'replace');
    announcer.say(paused ? 'Live again' : 'Paused');
  }, [shown.refresh, change, announcer]);
  const resumed = useRef<1 | 5 | 10>(1);
  useEffect(() => {
    if (shown.refresh !== 'off') resumed.current = shown.refresh;
  }, [shown.refresh]);

  const turnTheme = useCallback(() => {
    const next = nextTheme(theme);
    setTheme(next);
    document.cookie = themeCookie(next);
    if (next === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = next;
    change({ theme: null }, 'replace');
  }, [theme, change]);

  const copy = useCopyLink(shown, board, announcer.say);
  const sayNumbers = (): void => {
    if (!board) return;
    const rate = state.track.rate === null ? '' : `, ${count(Math.round(state.track.rate))} a second`;
    announcer.say(`${count(board.top.total)} detections, ${words}${rate}, ${spoken(badge)}`);
  };
  useKeys({ shown, now, change, pause, setDialog, copy: copy.copy, sayNumbers, isOpen: dialog !== null || openName !== null });

  const isOld = condition === 'stale' || condition === 'offline' || condition === 'down';
  const title = board ? `${compact(board.top.total)} detections, ${words} · Sightline` : 'Sightline';
  return (
    <>
      <title>{title}</title>
      <a className="skip" href="#main">
        Skip to the numbers
      </a>
      <TopBar badge={badge} shown={shown} theme={theme} now={now} change={change} open={setDialog} turnTheme={turnTheme} />
      <main id="main" className={isOld ? 'old' : undefined}>
        <h1 className="vh">Live</h1>
        <Controls shown={shown} board={board} here={here} now={now} busy={busy && board !== null} change={change} pause={pause} open={setDialog} copy={copy} />
        <Kpis board={board} state={state} shown={shown} condition={condition} now={now} change={change} />
        <Timeline board={board} shown={shown} isOld={isOld} now={now} change={change} say={announcer.say} />
        <div className="two">
          <ItemsTable board={board} shown={shown} change={change} openName={setOpenName} />
          <PlacesTable board={board} shown={shown} change={change} say={announcer.say} />
        </div>
        <Foot board={board} shown={shown} now={now} notice={notice} fault={state.silence?.fault ?? null} open={setDialog} askNow={askNow} dismiss={() => setDismissed(true)} />
      </main>
      <div className="vh" role="status" aria-live="polite">
        {announcer.text}
      </div>
      <PlaceFinder isOpen={dialog === 'find'} close={() => setDialog(null)} places={places} shown={shown} change={change} />
      <CustomRange key={dialog === 'custom' ? 'open' : 'closed'} isOpen={dialog === 'custom'} close={() => setDialog(null)} span={board ? { from: board.top.from, to: board.top.to } : { from: now - WINDOWS['1h'] * 60_000, to: now }} shown={shown} change={change} />
      <Shortcuts isOpen={dialog === 'keys'} close={() => setDialog(null)} />
      <MoreSheet isOpen={dialog === 'more'} close={() => setDialog(null)} open={setDialog} shown={shown} theme={theme} now={now} change={change} turnTheme={turnTheme} copy={copy} />
      <NameDialog name={openName} close={() => setOpenName(null)} />
    </>
  );
}
