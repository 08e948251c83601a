/** Randomness from a seed: the same seed makes the same simulation. Mulberry32, by Tommy Ettinger (public domain). */
export interface Dice {
  /** In [0, 1). */
  next(): number;
  /** A whole number in 0 … below − 1. */
  below(below: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** `stream` names an independent source of the same seed: what one part draws does not change what another gets. */
export function dice(seed: number, stream = ''): Dice {
  let state = (seed ^ hashOf(stream)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { next, below, chance: (probability) => next() < probability, pick: (from) => from[below(from.length)]! };
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = text === '' ? 0 : 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
