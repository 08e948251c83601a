/** Maps names of items and places to small numbers, so that cells are columns of numbers and sums are arrays. */

export class Names {
  readonly list: string[] = [];
  /** Approximate memory, in bytes. */
  bytes = 0;
  private readonly numbers = new Map<string, number>();

  /** The number of a name; undefined if no cell has it. */
  find(name: string): number | undefined {
    return this.numbers.get(name);
  }

  numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.list.length);
    this.bytes += 80 + 2 * name.length;
    return this.list.push(name) - 1;
  }
}
