/**
 * The notice bar: a bold sentence for the problem, a second one for the numbers, and one thing to do.
 *
 * It covers the view line at the foot of the page, so that nothing moves when it appears. It reports only what changes
 * how to read the numbers; the badge reports everything else.
 */
import type { Signals, Tone } from './badge.ts';
import { conditionOf } from './badge.ts';
import { ago, moment } from '../text/times.ts';

/** From this age on a late view gets a bar; below, the badge is enough. */
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
  /** One sentence for each parameter of the address that cannot be read. */
  readonly faults: readonly string[];
  /** By how much a batch run lowered the total, for a minute after it; else null. */
  readonly correction: number | null;
}

export function noticeOf(signals: Signals, zone: string, { faults, correction }: Occasion): Notice | null {
  const trouble = troubleOf(signals, zone);
  if (trouble) return { ...trouble, text: [trouble.text, ...faults].join(' ') };
  if (faults.length > 0) {
    return { tone: 'warn', strong: 'Part of this link cannot be read.', text: faults.join(' '), action: 'dismiss' };
  }
  if (correction === null) return null;
  return {
    tone: 'calm',
    strong: `Corrected by the batch run: −${correction.toLocaleString('en-US')}.`,
    text: 'The published count is the true one.',
    action: 'trust',
  };
}

function troubleOf(signals: Signals, zone: string): Notice | null {
  const { now, view, answeredAt, outage } = signals;
  const asOf = view ? moment(view.speed_as_of, zone, now) : '';
  switch (conditionOf(signals)) {
    case 'offline':
      return {
        tone: 'calm',
        strong: answeredAt === null ? 'No connection.' : `No connection for ${ago(now - answeredAt)}.`,
        text: `${lastNumbers('Last numbers', answeredAt, zone, now)} ${tryingAgain('Trying again', outage, now)}`,
        action: 'try',
      };
    case 'down':
      return {
        tone: 'bad',
        strong: sentence(outage?.fault.title ?? 'A store does not answer'),
        text: `${lastNumbers('Last true numbers', answeredAt, zone, now)} ${tryingAgain('Again', outage, now)}`,
        // If the page asks for one view already, neither answers.
        action: outage?.fault.kind === 'down' && !signals.allowsPartial ? 'part' : 'try',
      };
    case 'costly':
      return {
        tone: 'warn',
        strong: sentence(outage?.fault.title ?? 'The question asks for too much'),
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
        text: 'The numbers are true up to then. New detections wait in the log and will be counted.',
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

/** The horizon of the last answer, in words. */
function published({ view }: Signals): string {
  return view?.horizon ? `the end of epoch ${view.horizon}` : 'the last published epoch';
}

function lastNumbers(words: string, answeredAt: number | null, zone: string, now: number): string {
  return answeredAt === null ? 'No numbers yet.' : `${words} from ${moment(answeredAt, zone, now)}.`;
}

function tryingAgain(words: string, outage: Signals['outage'], now: number): string {
  const inMs = (outage?.retryAt ?? now) - now;
  return inMs < 1_000 ? `${words} now.` : `${words} in ${ago(inMs)}.`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
