/**
 * Patterns of decimal texts up to a bound, as regular expressions: for readers, and for the OpenAPI document that
 * describes what they take.
 */

/**
 * The part of a pattern that takes texts with as many digits as `greatest` and no greater value. Their first digit is
 * `least` or more.
 */
export function digitsUpTo(greatest: string, least: 0 | 1): string {
  const smaller = [...greatest].flatMap((digit, index) => {
    const from = index === 0 ? least : 0;
    const to = Number(digit) - 1;
    if (to < from) return [];
    const rest = greatest.length - index - 1;
    return [
      `${greatest.slice(0, index)}${from === to ? String(to) : `[${from}-${to}]`}${rest === 0 ? '' : `[0-9]{${rest}}`}`,
    ];
  });
  return [...smaller, greatest].join('|');
}
