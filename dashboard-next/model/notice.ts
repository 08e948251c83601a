/**
 * The notice bar: what is the matter in one bold sentence, what it means for the numbers, and one thing to do.
 *
 * It takes the place of the view line at the page's foot, so that nothing moves when it comes. It speaks only of what
 * changes how the numbers must be read; the badge says everything else.
 */
import type { Signals, Tone } from './badge.ts';
import { conditionOf } from './badge.ts';
import { ago, moment } from '../text/times.ts';

/** A late view is worth a bar from here on; below, the badge is enough. */
const WORTH_A_BAR_MS = 15_000;

export interface Notice {
  readonly tone: Exclude<Tone, 'good'>;
  readonly strong: string;
  readonly text: string;
  /** For "Details". */
  readonly detail?: string;
  readonly action: 'trust' | 'try' | 'dismiss' | 'part' | 'whole' | null;
}

export interface Occasion {
  /** Parameters of the address that were not understood. */
  readonly faults: readonly string[];
  /** By how much the total fell when a run moved the horizon, while that is news. */
  readonly corrected: number | null;
}

export function noticeOf(signals: Signals, zone: string, { faults, corrected }: Occasion): Notice | null {
  const trouble = troubleOf(signals, zone);
  if (trouble) return { ...trouble, text: [trouble.text, ...faults].join(' ') };
  if (faults.length > 0) {
    return { tone: 'warn', strong: 'This link was not understood whole.', text: faults.join(' '), action: 'dismiss' };
  }
  if (corrected === null) return null;
  return {
    tone: 'calm',
    strong: `Corrected by the batch run: −${corrected.toLocaleString('en-US')}.`,
    text: 'The published count is the true one.',
    action: 'trust',
  };
}

function troubleOf(signals: Signals, zone: string): Notice | null {
  const { now, view, answeredAt, silence } = signals;
  const asOf = view ? moment(view.speed_as_of, zone, now) : '';
  switch (conditionOf(signals)) {
    case 'offline':
      return {
        tone: 'calm',
        strong: answeredAt === null ? 'No connection.' : `No connection for ${ago(now - answeredAt)}.`,
        text: `${lastNumbers('Last numbers', answeredAt, zone, now)} ${tryingAgain('Trying again', silence, now)}`,
        action: 'try',
      };
    case 'down':
      return {
        tone: 'bad',
        strong: sentence(silence?.fault.title ?? 'A store does not answer'),
        text: `${lastNumbers('Last true numbers', answeredAt, zone, now)} ${tryingAgain('Again', silence, now)}`,
        // Where a part was asked for already, neither view answers.
        action: silence?.fault.kind === 'down' && !signals.allowsPartial ? 'part' : 'try',
      };
    case 'costly':
      return {
        tone: 'warn',
        strong: sentence(silence?.fault.title ?? 'The question asks for too much'),
        text: `Choose a shorter window, or one place. ${lastNumbers('Last numbers', answeredAt, zone, now)}`,
        action: 'try',
      };
    case 'partial':
      return view?.missing === 'speed'
        ? {
            tone: 'warn',
            strong: 'The speed view is missing:',
            text: `nothing that arrived after ${published(signals)} is in these counts.`,
            action: 'whole',
          }
        : {
            tone: 'warn',
            strong: 'The batch view is missing:',
            text: `nothing that arrived up to ${published(signals)} is in these counts.`,
            action: 'whole',
          };
    case 'stale':
      return {
        tone: 'bad',
        strong: `Nothing counted since ${asOf}.`,
        text: 'What you see is true up to then. Detections wait in the log and will be counted.',
        action: 'trust',
      };
    case 'late':
      if (!view || view.freshness_ms < WORTH_A_BAR_MS) return null;
      return {
        tone: 'warn',
        strong: `The speed layer is ${ago(view.freshness_ms)} behind.`,
        text: `Numbers are true up to ${asOf}.`,
        action: 'trust',
      };
    default:
      return null;
  }
}

/** The seam, as the last answer names it. */
function published({ view }: Signals): string {
  return view?.horizon ? `the end of epoch ${view.horizon}` : 'the last published epoch';
}

function lastNumbers(words: string, answeredAt: number | null, zone: string, now: number): string {
  return answeredAt === null ? 'No numbers yet.' : `${words} from ${moment(answeredAt, zone, now)}.`;
}

function tryingAgain(words: string, silence: Signals['silence'], now: number): string {
  const inMs = (silence?.retryAt ?? now) - now;
  return inMs < 1_000 ? `${words} now.` : `${words} in ${ago(inMs)}.`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
