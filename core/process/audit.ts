/**
 * The audit trail: who did what, and from where, one JSON line each, apart from the log.
 *
 * serving/ records sign-ins, refusals and exports, command-audit.ts the commands that change something; AUDIT_EVENTS
 * lists all events. This file appends each line to AUDIT_FILE at once, so that several processes share the file and a
 * rotation needs no signal; `-` is standard error. Callers pass no secrets, and no text can end a line or move a
 * terminal's cursor. It writes events that a stranger can repeat at will (refusals) once a minute with their number, so
 * that nobody fills the disk.
 */
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { MINUTE_MS } from '../domain/time.ts';
import { EXIT, messageOf, Refusal } from './errors.ts';
import { visibleJson } from './visible.ts';

/** All events, and what each means; docs/operations.md has the table for operators. */
export const AUDIT_EVENTS = {
  sign_in: 'a password was checked and is right, or the issuer said who signed in',
  sign_in_failed: 'a wrong password, or a sign-in that the issuer did not confirm',
  sign_out: 'somebody ended a session',
  refused: 'a request was refused: 401, 403, 421 or 429',
  export: 'rows of a window were asked for as a file',
  footage: 'a picture or a film, or a part of one, was asked for',
  command: 'a command that changes something began',
  command_ended: 'it ended, with its exit code',
} as const;
export type AuditEvent = keyof typeof AUDIT_EVENTS;

type Detail = string | number | boolean | null | undefined | readonly string[];

export interface AuditEntry {
  readonly event: AuditEvent;
  /** A name that this system knows; null for an unknown caller. Never a typed text: people type passwords there. */
  readonly who: string | null;
  /** The client's address, or the machine's name for a command. */
  readonly from: string;
  readonly [detail: string]: Detail | Readonly<Record<string, unknown>>;
}

export interface Audit {
  record(entry: AuditEntry): void;
  /** Writes the events that are only counted so far. */
  flush(): void;
}

export const NO_AUDIT: Audit = { record: () => undefined, flush: () => undefined };
const STANDARD_ERROR = '-';
const REPEATED: ReadonlySet<AuditEvent> = new Set(['refused', 'sign_in_failed']);
const MOST_COUNTED = 1_000;
const MOST_CHARACTERS = 500;

export interface AuditOptions {
  /** Of the lines: `serving`, `command`. */
  readonly process: string;
  /** A path, or `-`. */
  readonly file: string;
  readonly now?: () => number;
  /** Hears of a file that cannot be written; the line then goes to standard error, so that it is not lost. */
  readonly onFault?: (fault: unknown) => void;
}

/** Throws a Refusal if the file cannot be written. */
export function createAudit({ process: source, file, now = Date.now, onFault = () => undefined }: AuditOptions): Audit {
  if (file !== STANDARD_ERROR) openOrRefuse(file);
  const counted = new Map<string, { entry: AuditEntry; times: number }>();
  let timer: NodeJS.Timeout | null = null;
  const write = (entry: Record<string, unknown>): void => {
    const time = new Date(now()).toISOString();
    const line = `${visibleJson({ time, audit: true, process: source, ...shorten(entry) })}\n`;
    try {
      if (file === STANDARD_ERROR) process.stderr.write(line);
      else appendFileSync(file, line, { mode: 0o600 });
    } catch (fault) {
      onFault(fault);
      process.stderr.write(line);
    }
  };
  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    for (const { entry, times } of counted.values()) if (times > 0) write({ ...entry, repeated: times });
    counted.clear();
  };
  return {
    record(entry) {
      if (!REPEATED.has(entry.event)) return write(entry);
      const { event, who, from, status, route } = entry;
      const isFull = counted.size >= MOST_COUNTED;
      const key = JSON.stringify([event, who, from, status, route]);
      const known = counted.get(key) ?? (isFull ? counted.get('others') : undefined);
      if (known) {
        known.times += 1;
        return;
      }
      counted.set(isFull ? 'others' : key, {
        entry: isFull ? { event, who: null, from: 'others' } : entry,
        times: isFull ? 1 : 0,
      });
      if (!isFull) write(entry);
      timer ??= setTimeout(flush, MINUTE_MS).unref();
    },
    flush,
  };
}

function openOrRefuse(file: string): void {
  try {
    makeFolder(dirname(file));
    appendFileSync(file, '', { mode: 0o600 });
  } catch (fault) {
    throw new Refusal(
      EXIT.usage,
      `The audit trail cannot be written: ${messageOf(fault)}. ` +
        'Set AUDIT_FILE to a file that this user may write, or to - for standard error',
    );
  }
}

/** Step by step, because Node's `recursive` never ends where a folder cannot be created (below /proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (fault) {
    if (!existsSync(folder)) throw fault;
  }
}

function shorten(entry: Record<string, unknown>): Record<string, unknown> {
  const cut = (value: unknown): unknown =>
    typeof value === 'string' && value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, cut(value)]));
}
