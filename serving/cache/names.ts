/** Names of items and places as small numbers, so that cells are columns of numbers and sums are arrays. */

export class Names {
  readonly list: string[] = [];
  /** About what they take, in bytes. */
  bytes = 0;
  private readonly numbers = new Map<string, number>();

  /** Undefined if nothing has been counted under the name. */
  known(name: string): number | undefined {
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
