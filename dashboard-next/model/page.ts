/**
 * What the server hands to a page, and the dialogs that a page may open. first-paint.ts fills it, the components read
 * it.
 */
import type { Where } from './address.ts';
import type { Board } from './board.ts';
import type { Fault } from './questions.ts';
import type { ThemeChoice } from './theme.ts';

/** Who reads, and when the page that says so was made. */
export interface Reader {
  readonly mark: string;
  readonly since: number;
}

export interface FirstPaint {
  readonly board: Board | null;
  readonly fault: Fault | null;
  /** The server's clock. */
  readonly now: number;
  readonly reader: Reader;
}

export interface PageProps {
  readonly where: Where;
  readonly first: FirstPaint;
  readonly theme: ThemeChoice;
  /** Whose session /api/auth/logout ends; null where nobody signs in. */
  readonly signedInAs: string | null;
}

export type DialogName = 'find' | 'place' | 'custom' | 'keys' | 'more';
