/** This tab's part in the shared stream, over a BroadcastChannel; without one, a stream of its own. */
import type { SetTimer } from './event-stream.ts';
import { eventStream, streamAlone } from './event-stream.ts';
import type { OpenStream } from './push.ts';
import type { TabMessage } from './shared-stream.ts';
import type { Reader } from '../model/page.ts';
import { sharedStream } from './shared-stream.ts';

const CHANNEL = 'sightline.stream';

/** One for each tab, whichever page it shows. */
let ofTab: OpenStream | null = null;

export function streamOfTab(reader: Reader, setTimer: SetTimer): OpenStream {
  return (ofTab ??= createStream(reader, setTimer));
}

function createStream(reader: Reader, setTimer: SetTimer): OpenStream {
  const open = eventStream(setTimer);
  if (typeof BroadcastChannel === 'undefined') return streamAlone(open);
  const channel = new BroadcastChannel(CHANNEL);
  const shared = sharedStream({
    // crypto.randomUUID exists in secure contexts alone.
    id: `${Math.random()}`.slice(2),
    reader,
    open,
    join(hear) {
      channel.addEventListener('message', ({ data }) => hear(data as TabMessage));
      return (message) => channel.postMessage(message);
    },
    setTimer,
    now: () => performance.now(),
    random: Math.random,
  });
  window.addEventListener('pagehide', shared.rest);
  window.addEventListener('pageshow', shared.wake);
  document.addEventListener('visibilitychange', () => (document.hidden ? shared.rest() : shared.wake()));
  return shared.open;
}
