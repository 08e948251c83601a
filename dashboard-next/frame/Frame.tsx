/** What surrounds every page: top bar, footer, tabs on a phone, dialogs, and the live region for screen readers. */
import type { ReactNode } from 'react';
import { WINDOWS } from '../model/address.ts';
import { CustomRange } from './CustomRange.tsx';
import { Finder } from './Finder.tsx';
import { Footer } from './Footer.tsx';
import { MoreSheet } from './MoreSheet.tsx';
import { ItemNameDialog } from './ItemNameDialog.tsx';
import { Shortcuts } from './Shortcuts.tsx';
import { Tabs } from './Tabs.tsx';
import { TopBar } from './TopBar.tsx';
import type { PageState } from '../hooks/usePage.ts';

interface Props {
  readonly page: PageState;
  /** Of the document. */
  readonly title: string;
  /** Path of the API's answer on the page; null if the viewer may not see it. */
  readonly json: string | null;
  readonly children: ReactNode;
}

export function Frame({ page, title, json, children }: Props) {
  const { choices, board, now, dialog, setDialog, change, copy, theme, switchTheme } = page;
  const close = (): void => setDialog(null);
  return (
    <>
      <title>{title}</title>
      <a className="skip" href="#main">
        Skip to the numbers
      </a>
      <TopBar page={page} />
      <main id="main" className={page.isOld ? 'old' : undefined}>
        {children}
        <Footer page={page} json={json} />
      </main>
      <Tabs choices={choices} />
      <div className="vh" role="status" aria-live="polite">
        {page.announcement}
      </div>
      <Finder
        page={page}
        purpose={dialog === 'place' ? 'place' : 'find'}
        isOpen={dialog === 'find' || dialog === 'place'}
        close={close}
      />
      <CustomRange
        key={dialog === 'custom' ? 'open' : 'closed'}
        isOpen={dialog === 'custom'}
        close={close}
        span={board ? { from: board.top.from, to: board.top.to } : { from: now - WINDOWS['1h'] * 60_000, to: now }}
        choices={choices}
        change={change}
      />
      <Shortcuts isOpen={dialog === 'keys'} close={close} />
      <MoreSheet
        isOpen={dialog === 'more'}
        close={close}
        open={setDialog}
        choices={choices}
        theme={theme}
        now={now}
        change={change}
        switchTheme={switchTheme}
        copy={copy}
        signedInAs={page.signedInAs}
      />
      <ItemNameDialog name={page.openName} close={() => page.setOpenName(null)} />
    </>
  );
}
