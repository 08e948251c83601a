/**
 * One quiet line on a terminal: how much comes in, how far behind the counts are, where the horizon stands.
 *
 * Numbers come from the cameras' statistics and from /api/v1/trust, asked once a second. Without a terminal nothing is
 * drawn; events are lines of their own above it, terminal or not.
 */
import type { CameraStats } from '../cameras/cameras.ts';
import type { WebAnswer } from '../cluster/web.ts';
import type { FootageFacts } from './footage-facts.ts';

export interface StatusFacts {
  cameras: CameraStats | null;
  /** Shows why the cameras are paused; null while they run. */
  paused: string | null;
  /** Null without footage, and before the first figures. */
  footage: FootageFacts | null;
  freeBytes: number;
}

export interface StatusLine {
  /** Prints a line that stays, above the status line. */
  event(text: string): void;
  stop(): void;
}

export interface TrustFacts {
  readonly tallies: { readonly new: number; readonly copies: number };
  readonly horizon: { readonly epoch: string } | null;
  readonly view: { readonly freshness_ms: number };
  readonly held: readonly { readonly partition: number; readonly goes_on_at: number }[];
}

export function statusLine(
  askTrust: (signal: AbortSignal) => Promise<WebAnswer>,
  facts: () => StatusFacts,
  out: NodeJS.WriteStream = process.stderr,
): StatusLine {
  const draws = out.isTTY;
  let trust: TrustFacts | string = 'no answer yet';
  let drawn = '';
  const draw = (): void => {
    drawn = describe(trust, facts()).slice(0, (out.columns ?? 100) - 1);
    out.write(`\r\u001b[2K${drawn}`);
  };
  const tick = async (): Promise<void> => {
    trust = await ask(askTrust);
    draw();
  };
  const timer = draws ? setInterval(() => void tick(), 1_000) : null;
  return {
    event(text) {
      out.write(draws ? `\r\u001b[2K${text}\n${drawn}` : `${text}\n`);
    },
    stop() {
      if (timer) clearInterval(timer);
      if (draws) out.write('\r\u001b[2K');
    },
  };
}

/** In words; `trust` says why there are no figures if it is a text. */
export function describe(trust: TrustFacts | string, { cameras, paused, footage, freeBytes }: StatusFacts): string {
  const number = new Intl.NumberFormat('en-US');
  const parts = [
    paused ?? (cameras ? `${number.format(Math.round(cameras.rate))} records/s` : 'no cameras'),
    ...(typeof trust === 'string'
      ? [trust]
      : [
          `${number.format(trust.tallies.new)} detections counted`,
          `${number.format(trust.tallies.copies)} copies`,
          `${(trust.view.freshness_ms / 1_000).toFixed(1)} s behind`,
          ...heldPart(trust),
          `horizon ${trust.horizon?.epoch ?? 'none yet'}`,
        ]),
    ...footagePart(footage),
    `${Math.round(freeBytes / 1e9)} GB free`,
  ];
  return parts.join(' · ');
}

function footagePart(footage: FootageFacts | null): string[] {
  if (footage === null) return [];
  const after =
    footage.visibleAfterSeconds === null ? '' : `, visible after ${footage.visibleAfterSeconds.toFixed(0)} s`;
  return [`${new Intl.NumberFormat('en-US').format(footage.settled)} files settled${after}`];
}

/** A broker's clock ran ahead; the Trust page says what to do. */
function heldPart({ held: [first, ...others] }: TrustFacts): string[] {
  if (!first) return [];
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [`HELD: partition ${first.partition}${more}, a broker's clock ran ahead (see Trust)`];
}

async function ask(askTrust: (signal: AbortSignal) => Promise<WebAnswer>): Promise<TrustFacts | string> {
  try {
    const { status, text } = await askTrust(AbortSignal.timeout(5_000));
    return status < 300 ? (JSON.parse(text) as TrustFacts) : `the API answers ${status}`;
  } catch {
    return 'the API does not answer';
  }
}
