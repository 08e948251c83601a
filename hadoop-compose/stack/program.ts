/** What `java` is given to run, after its options: cluster/daemons.ts names it, cluster/launch.ts starts it. */
export interface Program {
  /** A class, or a file `@…` or `….java` that java reads itself. */
  readonly mainClass: string;
  readonly args: readonly string[];
}
