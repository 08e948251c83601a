/**
 * Kafka's protocol for questions that no client of ours can ask in time: one connection to one broker (frames.ts says
 * how numbers and texts are written).
 *
 * broker-questions.ts writes its requests and reads its answers with this. A connection lives for one look at the
 * cluster and ends with its signal: nothing is cached, nothing is tried again, so an answer is never of an earlier
 * moment. All requests are of the versions without tagged fields, which brokers from 0.11 to 4 answer.
 *
 *   request   size:i32 api_key:i16 api_version:i16 correlation:i32 client_id:str | body
 *   answer    size:i32 correlation:i32 | body
 * Source: the Kafka protocol guide.
 */
import type { Socket } from 'node:net';
import type { HostPort } from '../../process/host-port.ts';
import type { KafkaAccess } from '../../process/kafka-access.ts';
import { Answer, i16, i32, str } from './frames.ts';
import { connectBroker } from './sign-in.ts';

const CLIENT = 'sightline.exporter';
const MOST_ANSWER_BYTES = 128 * 1_048_576;

export interface BrokerConnection {
  /** Sends at once; a broker answers the requests of one connection in their order. */
  ask(apiKey: number, version: number, body: Buffer): Promise<Answer>;
  close(): void;
}

export function openBroker(broker: HostPort, access: KafkaAccess | undefined, signal: AbortSignal): BrokerConnection {
  const waiting: { resolve: (answer: Answer) => void; reject: (fault: Error) => void }[] = [];
  let fault: Error | null = null;
  const end = (reason: Error): void => {
    fault ??= reason;
    for (const { reject } of waiting.splice(0)) reject(fault);
  };
  const connecting = connectBroker(broker, access, { signal });
  const isSignedIn = connecting.then((socket) => {
    socket.once('error', end);
    socket.once('close', () => end(new Error(`${broker} closed the connection`)));
    onAnswers(socket, (answer) => waiting.shift()?.resolve(new Answer(answer)));
    return socket;
  });
  isSignedIn.catch(end);
  let correlation = 0;
  return {
    ask(apiKey, version, body) {
      if (fault) return Promise.reject(fault);
      const payload = Buffer.concat([i16(apiKey), i16(version), i32(++correlation), str(CLIENT), body]);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        void isSignedIn.then((socket) => socket.write(Buffer.concat([i32(payload.length), payload])), end);
      });
    },
    close: () => void isSignedIn.then((socket) => socket.destroy()).catch(() => undefined),
  };
}

/** Calls with each answer's body, without size and correlation. */
function onAnswers(socket: Socket, call: (body: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let held = 0;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    for (;;) {
      if (held < 4) return;
      if (chunks[0]!.length < 4) chunks = [Buffer.concat(chunks)];
      const size = chunks[0]!.readInt32BE(0);
      if (size < 4 || size > MOST_ANSWER_BYTES) {
        socket.destroy(new Error(`the broker announces an answer of ${size} bytes; this is not Kafka's protocol`));
        return;
      }
      if (held < 4 + size) return;
      const whole = Buffer.concat(chunks);
      call(whole.subarray(8, 4 + size));
      chunks = [whole.subarray(4 + size)];
      held -= 4 + size;
    }
  });
}
