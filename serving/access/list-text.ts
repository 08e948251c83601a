/** Settings that are lists, by commas: the entries without what surrounds them. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
