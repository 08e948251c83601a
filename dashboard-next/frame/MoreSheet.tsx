/** The dialog with what the top bar has no room for on a small screen. */
import type { Choices } from '../model/address.ts';
import type { ThemeChoice } from '../model/theme.ts';
import { Dialog } from '../elements/Dialog.tsx';
import { Icon } from '../elements/Icon.tsx';
import { THEME_ICONS } from './TopBar.tsx';
import { SignOutLink } from './SignOutLink.tsx';
import type { Change } from '../hooks/useAddress.ts';
import type { CopyLink } from '../hooks/useCopyLink.ts';
import type { DialogName } from '../model/page.ts';
import { ZoneSelect } from '../elements/ZoneSelect.tsx';

interface Props {
  readonly isOpen: boolean;
  readonly close: () => void;
  readonly open: (dialog: DialogName) => void;
  readonly choices: Choices;
  readonly theme: ThemeChoice;
  readonly now: number;
  readonly change: Change;
  readonly switchTheme: () => void;
  readonly copy: CopyLink;
  readonly signedInAs: string | null;
}

export function MoreSheet({ isOpen, close, open, choices, theme, now, change, switchTheme, copy, signedInAs }: Props) {
  return (
    <Dialog title="More" isOpen={isOpen} close={close} className="sheet">
      <ul className="sheetlist">
        <li>
          <button type="button" onClick={() => open('find')}>
            <Icon name="search" />
            Find a place or a detection
          </button>
        </li>
        <li>
          <button type="button" onClick={copy.copy}>
            <Icon name={copy.done ? 'check' : 'link'} />
            {copy.done ? 'Copied' : 'Copy link'}
          </button>
        </li>
        <li>
          <button type="button" onClick={switchTheme}>
            <Icon name={THEME_ICONS[theme]} />
            Theme: {theme}
          </button>
        </li>
        <li className="row">
          <span>Time zone</span>
          <ZoneSelect id="zone-more" tz={choices.tz} now={now} onChange={(tz) => change({ tz })} />
        </li>
        {signedInAs !== null && (
          <li>
            <SignOutLink name={signedInAs} />
          </li>
        )}
      </ul>
    </Dialog>
  );
}
