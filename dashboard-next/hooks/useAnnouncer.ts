/**
 * The one live region of a page. It speaks results of actions at once, and changes of state at most every ten seconds;
 * of several changes it speaks the last.
 */
import { useCallback, useEffect, useRef, useState } from 'react';

const STATE_EVERY_MS = 10_000;

export function useAnnouncer(stateWords: string): { text: string; say: (text: string) => void } {
  const [text, setText] = useState('');
  const say = useCallback((words: string) => setText((last) => (last === words ? `${words}\u00a0` : words)), []);
  const lastSpoken = useRef({ words: stateWords, at: 0 });
  useEffect(() => {
    if (stateWords === lastSpoken.current.words) return;
    const waitMs = Math.max(0, lastSpoken.current.at + STATE_EVERY_MS - Date.now());
    const timer = setTimeout(() => {
      lastSpoken.current = { words: stateWords, at: Date.now() };
      say(stateWords);
    }, waitMs);
    return () => clearTimeout(timer);
  }, [stateWords, say]);
  return { text, say };
}
