/**
 * How sure a store's answers are: whether a quorum of replicas gave them.
 *
 * Every store but Cassandra with CASSANDRA_CONSISTENCY=one is always sure. There, workers and serving go on while fewer
 * replicas answer (core/stores/cassandra/weakening.ts). The speed layer asks before and after a round, serving before
 * and after the reads of an answer: if the number has grown in between, something of it came from one replica alone.
 */
export interface Certainty {
  /** How many answers and acknowledgements came from fewer replicas than a quorum so far. */
  weakAnswers(): number;
  /** Whether a quorum is away, as far as the store knows now. */
  isWeak(): boolean;
}

export const ALWAYS_SURE: Certainty = { weakAnswers: () => 0, isWeak: () => false };
