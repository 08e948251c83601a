/** Copy link: the rolling address while live, this very moment while paused. */
import { useCallback, useEffect, useState } from 'react';
import type { Shown } from '../live/address.ts';
import { addressOf } from '../live/address.ts';
import type { Board } from '../live/board.ts';

const SHOWN_FOR_MS = 2_000;

export interface CopyLink {
  readonly done: boolean;
  readonly copy: () => void;
}

export function useCopyLink(shown: Shown, board: Board | null, say: (text: string) => void): CopyLink {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const moment = shown.refresh === 'off' && board ? { from: board.top.from, to: board.top.to } : null;
  const copy = useCallback(() => {
    const url = window.location.origin + window.location.pathname + addressOf(moment ? { ...shown, fixed: moment } : shown);
    void written(url).then((ok) => {
      setDone(ok);
      say(ok ? (moment ? 'Link to this moment copied' : 'Link copied') : `The browser does not allow copying. The link is ${url}`);
    });
  }, [shown, moment?.from, moment?.to, say]);
  return { done, copy };
}

/** Pages that are not served over TLS or loopback have no clipboard of the new kind. */
async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    const ok = document.execCommand('copy');
    field.remove();
    return ok;
  }
}
