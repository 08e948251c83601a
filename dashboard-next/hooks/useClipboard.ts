/** Copies a text to the clipboard; `done` is true for two seconds after it. */
import { useCallback, useEffect, useState } from 'react';

const DONE_FOR_MS = 2_000;

export function useClipboard(): { done: boolean; copy: (text: string) => Promise<boolean> } {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), DONE_FOR_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = useCallback(async (text: string) => {
    const ok = await writeText(text);
    setDone(ok);
    return ok;
  }, []);
  return { done, copy };
}

/** Without TLS or loopback the browser has no navigator.clipboard; then a hidden field is copied. */
async function writeText(text: string): Promise<boolean> {
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
