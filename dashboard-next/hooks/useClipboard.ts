/** Copies a text and says so for two seconds. */
import { useCallback, useEffect, useState } from 'react';

const SHOWN_FOR_MS = 2_000;

export function useClipboard(): { done: boolean; copy: (text: string) => Promise<boolean> } {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = useCallback(async (text: string) => {
    const ok = await written(text);
    setDone(ok);
    return ok;
  }, []);
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
