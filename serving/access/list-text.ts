/** Parses a setting that is a list: trimmed entries between commas, without empty ones. */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
