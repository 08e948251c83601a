/**
 * Patterns of decimal texts, for readers and for whoever is told what they take (the OpenAPI document): a bound as a
 * regular expression.
 */

/**
 * The part of a pattern that takes the texts of as many digits as `greatest` that are not greater; none of them begins
 * with a digit below `least`.
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
