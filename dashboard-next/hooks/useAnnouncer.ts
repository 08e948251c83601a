/**
 * The page's one live region: results of actions at once, changes of state at most every ten seconds, the last one
 * wins.
 */
import { useCallback, useEffect, useRef, useState } from 'react';

const STATE_EVERY_MS = 10_000;

export function useAnnouncer(stateWords: string): { text: string; say: (text: string) => void } {
  const [text, setText] = useState('');
  const say = useCallback((words: string) => setText((last) => (last === words ? `${words}\u00a0` : words)), []);
  const spoken = useRef({ words: stateWords, at: 0 });
  useEffect(() => {
    if (stateWords === spoken.current.words) return;
    const waitMs = Math.max(0, spoken.current.at + STATE_EVERY_MS - Date.now());
    const timer = setTimeout(() => {
      spoken.current = { words: stateWords, at: Date.now() };
      say(stateWords);
    }, waitMs);
    return () => clearTimeout(timer);
  }, [stateWords, say]);
  return { text, say };
}
