// Prints a token of HBase for the user of its environment, who signs in with a ticket. In a process of its own, because
// a process is one identity to Kerberos.
import protobuf from 'protobufjs';
import { openConnection } from '../../core/hbase/connection.ts';
import { masterDirectory } from '../../core/hbase/master-directory.ts';
import { Servers } from '../../core/hbase/servers.ts';
import { readConfig } from '../../core/process/config.ts';

// Names and numbers are those of HBase (package hbase.pb); every region carries the service out.
const { root } = protobuf.parse(
  `syntax = "proto2";
  message Region { required uint32 type = 1; required bytes value = 2; }
  message Call {
    required bytes row = 1; required string service_name = 2; required string method_name = 3; required bytes request = 4;
  }
  message Question { required Region region = 1; required Call call = 2; }
  message Value { optional string name = 1; optional bytes value = 2; }
  message Answer { required Region region = 1; required Value value = 2; }
  message Token { optional bytes identifier = 1; optional bytes password = 2; optional bytes service = 3; }
  message Made { optional Token token = 1; }`,
  { keepCase: true },
);
const TIMEOUT_MS = 20_000;
const NOTHING = Buffer.alloc(0);

const { HADOOP_ACCESS, HADOOP_USER } = readConfig();
const { masters, tls, kerberos } = HADOOP_ACCESS.hbase;
const access = { user: HADOOP_USER, tls, kerberos };
const servers = new Servers(access, TIMEOUT_MS, () => undefined);
const server = await masterDirectory(masters!, servers, TIMEOUT_MS).metaServer();
const timeoutMs = TIMEOUT_MS;
const connection = await openConnection({
  ...{ server, service: 'ClientService', access, timeoutMs, onEnd: () => undefined },
});
const param = encode('Question', {
  region: { type: 1, value: Buffer.from('hbase:meta,,1') },
  call: {
    ...{ row: NOTHING, service_name: 'AuthenticationService', method_name: 'GetAuthenticationToken', request: NOTHING },
  },
});
const reply = await connection.call({ method: 'ExecService', param, timeoutMs });
const { value } = decode<{ value: { value: Uint8Array } }>('Answer', reply.param);
const { token } = decode<{ token: { identifier: Buffer; password: Buffer; service: Buffer } }>('Made', value.value);
const parts = [token.identifier, token.password, Buffer.from('HBASE_AUTH_TOKEN'), token.service];
process.stdout.write(Buffer.concat(parts.flatMap((part) => [vint(part.length), part])).toString('base64url'));
process.exit(0);

function encode(name: string, message: object): Buffer {
  return Buffer.from(root.lookupType(name).encode(message).finish());
}

function decode<T>(name: string, bytes: Uint8Array): T {
  return root.lookupType(name).decode(bytes) as unknown as T;
}

/** Hadoop's, of a length below 256. */
function vint(value: number): Buffer {
  return Buffer.from(value <= 127 ? [value] : [0x8f, value]);
}
