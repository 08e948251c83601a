/**
 * The members of a JSON object as raw text: what JSON.parse cannot give.
 *
 * JSON.parse rounds integers beyond 2^53 and keeps the last of two equal names; both would miscount. It still decides
 * whether a text is JSON. This file only walks over a text that JSON.parse accepts, so it needs no error handling and
 * no grammar beyond strings and nesting.
 */
export type Members = { ok: true; raw: Map<string, string> } | { ok: false; duplicate: string };

/**
 * Name → raw text of each value of an object. `text` must be valid JSON and an object. Names are compared unescaped.
 */
export function membersOf(text: string): Members {
  const raw = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  for (;;) {
    at = skipTo(text, at);
    if (text.charCodeAt(at) !== QUOTE) return { ok: true, raw };
    const nameEnd = endOfString(text, at);
    const written = text.slice(at + 1, nameEnd - 1);
    const name = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
    const from = skipSpace(text, text.indexOf(':', nameEnd) + 1);
    const to = endOfValue(text, from);
    if (raw.has(name)) return { ok: false, duplicate: name };
    raw.set(name, text.slice(from, to));
    at = to;
  }
}

/** Whether an escape sequence in a JSON text stands for half of a surrogate pair. `text` must be valid JSON. */
export function hasLoneSurrogate(text: string): boolean {
  if (!text.includes('\\u')) return false;
  ESCAPES.lastIndex = 0;
  let highEndsAt = -1;
  for (let found = ESCAPES.exec(text); found; found = ESCAPES.exec(text)) {
    const unit = found[1] === undefined ? 0 : Number.parseInt(found[1], 16);
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    const completes = isLow && highEndsAt === found.index;
    if (isLow !== completes || (highEndsAt !== -1 && !completes)) return true;
    highEndsAt = unit >= 0xd800 && unit <= 0xdbff ? ESCAPES.lastIndex : -1;
  }
  return highEndsAt !== -1;
}

const ESCAPES = /\\(?:u([0-9a-fA-F]{4})|.)/g;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** To the next name or the closing brace. */
function skipTo(text: string, from: number): number {
  const at = skipSpace(text, from);
  return text.charCodeAt(at) === 0x2c ? skipSpace(text, at + 1) : at;
}

/** The index after the closing quote of the string that opens at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
}

function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from);
  let depth = 0;
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (depth > 0 && (code === 0x7d || code === 0x5d)) {
      depth--;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === 0x2c || code === 0x7d || isSpace(code))) return at;
  }
}
