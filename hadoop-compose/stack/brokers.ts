/** The brokers of Kafka that a stack has: one, or three with `--ha`. */
import type { Stack } from './stack.ts';

export type BrokerNumber = 1 | 2 | 3;
export type BrokerName = 'kafka' | 'kafka2' | 'kafka3';

export const brokerName = (node: BrokerNumber): BrokerName => (node === 1 ? 'kafka' : `kafka${node}`);
export const propertiesOf = (node: BrokerNumber): string =>
  node === 1 ? 'server.properties' : `${brokerName(node)}.properties`;
export const brokersOf = ({ isHa }: Pick<Stack, 'isHa'>): readonly BrokerNumber[] => (isHa ? [1, 2, 3] : [1]);
