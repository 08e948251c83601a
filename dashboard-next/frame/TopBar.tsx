/**
 * The bar on every page: brand, pages, search, freshness, time zone, theme, and the end of a session. On a phone one
 * button opens what has no room (MoreSheet.tsx).
 */
import Link from 'next/link';
import type { ThemeChoice } from '../model/theme.ts';
import { linkTo } from '../model/routes.ts';
import { Brand } from '../elements/Brand.tsx';
import { Digits } from '../elements/Digits.tsx';
import { Icon } from '../elements/Icon.tsx';
import type { IconName } from '../elements/Icon.tsx';
import { Pages } from './Tabs.tsx';
import { SignOutLink } from './SignOutLink.tsx';
import type { PageState } from '../hooks/usePage.ts';
import { ZoneSelect } from '../elements/ZoneSelect.tsx';

export const THEME_ICONS: Record<ThemeChoice, IconName> = { system: 'half', light: 'sun', dark: 'moon' };

export function TopBar({ page }: { page: PageState }) {
  const { choices, theme, now, change, switchTheme, setDialog: open } = page;
  return (
    <header className="top">
      <Brand />
      <Pages choices={choices} />
      <button
        type="button"
        className="find"
        id="find"
        aria-label="Find a place or a detection"
        onClick={() => open('find')}
      >
        <Icon name="search" />
        <span>Find a place or a detection</span>
        <kbd>/</kbd>
      </button>
      <BadgeLink page={page} />
      <ZoneSelect id="zone" tz={choices.tz} now={now} onChange={(tz) => change({ tz })} />
      <button
        type="button"
        className="ghost icon theme"
        onClick={switchTheme}
        aria-label={`Theme: ${theme}`}
        title={`Theme: ${theme}`}
      >
        <Icon name={THEME_ICONS[theme]} />
      </button>
      <SignOutLink name={page.signedInAs} className="ghost signout" />
      <button
        type="button"
        className="ghost icon more"
        onClick={() => open('more')}
        aria-label="Search, time zone, theme, copy link"
      >
        <Icon name="more" />
      </button>
    </header>
  );
}

function BadgeLink({ page }: { page: PageState }) {
  const { badge, choices } = page;
  return (
    <Link
      className={`badge ${badge.tone}`}
      href={linkTo({ page: 'trust' }, choices)}
      prefetch={false}
      title={badgeTitle(page)}
      data-state={badge.state}
    >
      <svg className={`mark ${badge.shape}`} viewBox="0 0 10 10" aria-hidden="true">
        {badge.shape === 'disc' && <circle cx="5" cy="5" r="4" />}
        {badge.shape === 'ring' && <circle cx="5" cy="5" r="3.4" />}
        {badge.shape === 'square' && <rect x="1" y="1" width="8" height="8" rx="1" />}
        {badge.shape === 'diamond' && <path d="M5 .2 9.8 5 5 9.8.2 5Z" />}
      </svg>
      <b>{badge.word}</b>
      <span className="num">
        <Digits text={badge.number} />
      </span>
    </Link>
  );
}

function badgeTitle({ board, choices: { refresh } }: PageState): string {
  return `Open Trust. ${board?.isPushed ? 'By push' : `By polling${refresh === 'off' ? '' : `, every ${refresh} s`}`}`;
}
