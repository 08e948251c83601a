/**
 * Closes connections that the driver opens and forgets. client.ts has it watch a new client, and tells it when the
 * client is closed.
 *
 * To learn of the nodes the driver connects to one of them and asks it. If the node accepts and then does not answer
 * (it is halted, or too busy), the driver goes to the next one and keeps the first connection: its heartbeat goes on,
 * so a process never ends by itself, and one that waits for Cassandra gathers sockets. The driver has no public way to
 * reach it, so its own function that makes such a connection is wrapped; the unit test fails if a new version has none.
 */
import type { Client } from 'cassandra-driver';

interface Connection {
  close(): void;
}

/** Of driver 4.10: lib/control-connection.js. */
interface ControlConnection {
  _createConnection(contactPoint: string): Promise<Connection>;
}

export interface FirstConnection {
  /** After the client was told to shut down; no other connection of this kind is opened then. */
  close(): void;
}

export function watchFirstConnection(client: Client): FirstConnection {
  const { controlConnection } = client as unknown as { controlConnection: ControlConnection };
  const create = controlConnection._createConnection.bind(controlConnection);
  let last: Connection | null = null;
  let isClosed = false;
  controlConnection._createConnection = async (contactPoint) => {
    // Another one is asked for only after the last one was given up; one that is kept is never followed.
    last?.close();
    last = null;
    const connection = await create(contactPoint);
    if (isClosed) {
      connection.close();
      throw new Error('The client was closed while it connected');
    }
    last = connection;
    return connection;
  };
  return {
    close() {
      isClosed = true;
      last?.close();
    },
  };
}
