/** "Copy link": copies the rolling address while the page is live, and this very range while it is paused. */
import { useCallback } from 'react';
import type { Choices } from '../model/address.ts';
import { addressOf } from '../model/address.ts';
import type { Board } from '../model/board.ts';
import { useClipboard } from './useClipboard.ts';

export interface CopyLink {
  readonly done: boolean;
  readonly copy: () => void;
}

export function useCopyLink(choices: Choices, board: Board | null, say: (text: string) => void): CopyLink {
  const { done, copy: copyText } = useClipboard();
  const moment = choices.refresh === 'off' && board ? { from: board.top.from, to: board.top.to } : null;
  const copy = useCallback(() => {
    const url =
      window.location.origin + window.location.pathname + addressOf(moment ? { ...choices, fixed: moment } : choices);
    void copyText(url).then((ok) =>
      say(
        ok
          ? moment
            ? 'Link to this moment copied'
            : 'Link copied'
          : `The browser does not allow copying. The link is ${url}`,
      ),
    );
  }, [choices, moment?.from, moment?.to, say, copyText]);
  return { done, copy };
}
