/** Copy link: the rolling address while live, this very moment while paused. */
import { useCallback } from 'react';
import type { Shown } from '../live/address.ts';
import { addressOf } from '../live/address.ts';
import type { Board } from '../live/board.ts';
import { useCopied } from './useCopied.ts';

export interface CopyLink {
  readonly done: boolean;
  readonly copy: () => void;
}

export function useCopyLink(shown: Shown, board: Board | null, say: (text: string) => void): CopyLink {
  const { done, copy: copyText } = useCopied();
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
