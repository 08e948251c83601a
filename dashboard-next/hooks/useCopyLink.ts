/** Copy link: the rolling address while live, this very moment while paused. */
import { useCallback } from 'react';
import type { Shown } from '../model/address.ts';
import { addressOf } from '../model/address.ts';
import type { Board } from '../model/board.ts';
import { useClipboard } from './useClipboard.ts';

export interface CopyLink {
  readonly done: boolean;
  readonly copy: () => void;
}

export function useCopyLink(shown: Shown, board: Board | null, say: (text: string) => void): CopyLink {
  const { done, copy: copyText } = useClipboard();
  const moment = shown.refresh === 'off' && board ? { from: board.top.from, to: board.top.to } : null;
  const copy = useCallback(() => {
    const url =
      window.location.origin + window.location.pathname + addressOf(moment ? { ...shown, fixed: moment } : shown);
    void copyText(url).then((ok) =>
      say(
        ok
          ? moment
            ? 'Link to this moment copied'
            : 'Link copied'
          : `The browser does not allow copying. The link is ${url}`,
      ),
    );
  }, [shown, moment?.from, moment?.to, say, copyText]);
  return { done, copy };
}
