/** What the server hands to a page, and the dialogs that a page opens. page-props.ts fills it, usePage.ts reads it. */
import type { Route } from './address.ts';
import type { Board } from './board.ts';
import type { Fault } from './questions.ts';
import type { ThemeChoice } from './theme.ts';

/** A mark of the person who reads, and when the server made the page with it. */
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
  readonly route: Route;
  readonly first: FirstPaint;
  readonly theme: ThemeChoice;
  /** Whose session /api/auth/logout ends; null where nobody signs in. */
  readonly signedInAs: string | null;
  /** There is footage, and the viewer may see it. */
  readonly footage: boolean;
  /** There is footage, whoever may see it. */
  readonly footageIsThere: boolean;
}

export type DialogName = 'find' | 'place' | 'custom' | 'keys' | 'more';
