/** The names and the loopback addresses of the nodes of Cassandra that a stack may have. */
export const cassandraNames = ['cassandra1', 'cassandra2', 'cassandra3'] as const;
export type CassandraName = (typeof cassandraNames)[number];

export const addressOfNode = (node: number): string => `127.0.0.${node}`;
export const nameOfNode = (node: number): CassandraName => `cassandra${node}` as CassandraName;
