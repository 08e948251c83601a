/**
 * What a secured stack adds to the configuration of its daemons, by file: Kerberos and HTTPS on HDFS, Kerberos and TLS
 * on HBase, SASL and TLS on ZooKeeper, SCRAM over TLS with ACLs on Kafka.
 *
 * write.ts puts these settings over the plain ones, so only what differs stands here. Principals are written out
 * with the host `localhost`, because a daemon accepts the one principal that it signed in with.
 */
import type { Settings } from './xml.ts';
import { zooCfg } from './zookeeper.ts';
import { loopback } from '../../stack/ports.ts';
import type { Stack } from '../../stack/stack.ts';
import {
  HOST,
  KAFKA_USERS,
  kafkaPassword,
  keytabOf,
  LAYERS,
  principalOf,
  readSecrets,
  secretFile,
} from '../../secured/secrets.ts';
import { TOKEN_AUDIENCE, tokenKeysUrl } from '../../secured/token-key.ts';

const service = (name: string): string => principalOf(`${name}/${HOST}`);

/** Of core-site.xml, for HDFS and HBase alike. */
export function securedCore(stack: Stack): Settings {
  return {
    'fs.defaultFS': `hdfs://${HOST}:${stack.ports.namenode}`,
    'hadoop.security.authentication': 'kerberos',
    'hadoop.security.authorization': true,
    'hadoop.rpc.protection': 'privacy',
    'hadoop.ssl.require.client.cert': false,
    'hadoop.ssl.hostname.verifier': 'DEFAULT',
    // Users of the stack are none of the machine's, so their groups stand here.
    'hadoop.user.group.static.mapping.overrides': [
      'admin=supergroup',
      'hbase=hbase',
      ...[...LAYERS, 'nn', 'dn', 'HTTP'].map((user) => `${user}=${user}`),
    ].join(';'),
    'hadoop.http.filter.initializers': 'org.apache.hadoop.hdfs.web.AuthFilterInitializer',
    'hadoop.http.authentication.type': 'kerberos',
    'hadoop.http.authentication.kerberos.principal': service('HTTP'),
    'hadoop.http.authentication.kerberos.keytab': keytabOf(stack, 'http'),
    'hadoop.http.authentication.signature.secret.file': secretFile(stack, 'cookie-secret'),
  };
}

/** Of hdfs-site.xml; HBase needs them too, as a client of HDFS. */
export function securedHdfs(stack: Stack): Settings {
  const { ports } = stack;
  return {
    'dfs.block.access.token.enable': true,
    'dfs.data.transfer.protection': 'privacy',
    'dfs.encrypt.data.transfer.cipher.suites': 'AES/CTR/NoPadding',
    'dfs.http.policy': 'HTTPS_ONLY',
    'dfs.permissions.superusergroup': 'supergroup',
    'dfs.namenode.rpc-address': `${HOST}:${ports.namenode}`,
    'dfs.namenode.https-address': `${HOST}:${ports.namenodeHttp}`,
    'dfs.namenode.https-bind-host': loopback,
    'dfs.namenode.kerberos.principal': service('nn'),
    'dfs.namenode.keytab.file': keytabOf(stack, 'namenode'),
    'dfs.datanode.hostname': HOST,
    'dfs.datanode.https.address': `${loopback}:${ports.datanodeHttp}`,
    'dfs.datanode.kerberos.principal': service('dn'),
    'dfs.datanode.keytab.file': keytabOf(stack, 'datanode'),
    'dfs.web.authentication.kerberos.principal': service('HTTP'),
    'dfs.web.authentication.kerberos.keytab': keytabOf(stack, 'http'),
    'dfs.namenode.kerberos.internal.spnego.principal': service('HTTP'),
  };
}

export function sslServer(stack: Stack): Settings {
  const { store } = readSecrets(stack);
  return {
    'ssl.server.keystore.location': secretFile(stack, 'server.p12'),
    'ssl.server.keystore.type': 'PKCS12',
    'ssl.server.keystore.password': store,
    'ssl.server.keystore.keypassword': store,
    'ssl.server.truststore.location': secretFile(stack, 'trust.p12'),
    'ssl.server.truststore.type': 'PKCS12',
    'ssl.server.truststore.password': store,
  };
}

export function sslClient(stack: Stack): Settings {
  return {
    'ssl.client.truststore.location': secretFile(stack, 'trust.p12'),
    'ssl.client.truststore.type': 'PKCS12',
    'ssl.client.truststore.password': readSecrets(stack).store,
  };
}

const ACCESS = 'org.apache.hadoop.hbase.security.access.AccessController';

export function securedHBase(stack: Stack, plain: Settings): Settings {
  const { store } = readSecrets(stack);
  return {
    ...securedHdfs(stack),
    ...sslServer(stack),
    'hbase.rootdir': `hdfs://${HOST}:${stack.ports.namenode}/hbase`,
    'hbase.zookeeper.quorum': HOST,
    'hbase.master.hostname': HOST,
    'hbase.regionserver.hostname': HOST,
    'hbase.security.authentication': 'kerberos',
    'hbase.security.authorization': true,
    'hbase.rpc.protection': 'authentication',
    'hbase.master.kerberos.principal': service('hbase'),
    'hbase.master.keytab.file': keytabOf(stack, 'hbase'),
    'hbase.regionserver.kerberos.principal': service('hbase'),
    'hbase.regionserver.keytab.file': keytabOf(stack, 'hbase'),
    'hbase.superuser': 'hbase,admin',
    'hbase.coprocessor.master.classes': `${ACCESS},${String(plain['hbase.coprocessor.master.classes'])}`,
    'hbase.coprocessor.regionserver.classes': ACCESS,
    'hbase.coprocessor.region.classes': [
      ACCESS,
      'org.apache.hadoop.hbase.security.token.TokenProvider',
      String(plain['hbase.coprocessor.region.classes']),
    ].join(),
    'hbase.zookeeper.client.keytab.file': keytabOf(stack, 'hbase'),
    'hbase.zookeeper.client.kerberos.principal': service('hbase'),
    'hbase.server.netty.tls.enabled': true,
    'hbase.server.netty.tls.supportplaintext': false,
    'hbase.server.netty.tls.client.auth.mode': 'NONE',
    'hbase.client.netty.tls.enabled': true,
    'hbase.rpc.tls.keystore.location': secretFile(stack, 'server.p12'),
    'hbase.rpc.tls.keystore.type': 'pkcs12',
    'hbase.rpc.tls.keystore.password': store,
    'hbase.rpc.tls.truststore.location': secretFile(stack, 'trust.p12'),
    'hbase.rpc.tls.truststore.type': 'pkcs12',
    'hbase.rpc.tls.truststore.password': store,
    'hbase.ssl.enabled': true,
    'hbase.security.authentication.ui': 'kerberos',
    'hbase.security.authentication.spnego.kerberos.principal': service('HTTP'),
    'hbase.security.authentication.spnego.kerberos.keytab': keytabOf(stack, 'http'),
    'hbase.security.authentication.signature.secret.file': secretFile(stack, 'cookie-secret'),
    'hbase.security.authentication.spnego.admin.users': 'admin',
  };
}

export function securedZooCfg(stack: Stack): Settings {
  const { store } = readSecrets(stack);
  const { clientPort, clientPortAddress, ...plain } = zooCfg(stack);
  return {
    ...plain,
    secureClientPort: clientPort!,
    secureClientPortAddress: clientPortAddress!,
    serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
    'ssl.keyStore.location': secretFile(stack, 'server.p12'),
    'ssl.keyStore.type': 'PKCS12',
    'ssl.keyStore.password': store,
    'ssl.trustStore.location': secretFile(stack, 'trust.p12'),
    'ssl.trustStore.type': 'PKCS12',
    'ssl.trustStore.password': store,
    'ssl.clientAuth': 'none',
    'authProvider.sasl': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
    'kerberos.removeHostFromPrincipal': true,
    'kerberos.removeRealmFromPrincipal': true,
    'enforce.auth.enabled': true,
    'enforce.auth.schemes': 'sasl',
  };
}

/** Where ZooKeeper's server reads who it is. */
export function jaasConf(stack: Stack): string {
  return `Server {
  com.sun.security.auth.module.Krb5LoginModule required
    useKeyTab=true storeKey=true useTicketCache=false
    keyTab="${keytabOf(stack, 'zookeeper')}" principal="${service('zookeeper')}";
};
`;
}

export function securedKafka(stack: Stack): Settings {
  const secrets = readSecrets(stack);
  const { kafka, kafkaController } = stack.ports;
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  const own = `${module} required username="admin" password="${kafkaPassword(secrets, 'admin')}";`;
  return {
    listeners: `SASL_SSL://${loopback}:${kafka},CONTROLLER://${loopback}:${kafkaController}`,
    'advertised.listeners': `SASL_SSL://${HOST}:${kafka}`,
    'controller.quorum.voters': `1@${HOST}:${kafkaController}`,
    'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,CONTROLLER:SSL',
    'inter.broker.listener.name': 'SASL_SSL',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,GSSAPI,OAUTHBEARER',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': own,
    'sasl.kerberos.service.name': 'kafka',
    'listener.name.sasl_ssl.gssapi.sasl.jaas.config':
      'com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true useTicketCache=false ' +
      `keyTab="${keytabOf(stack, 'kafka')}" principal="${service('kafka')}";`,
    // A token is good if the key of the stack has signed it (secured/token-key.ts) and it is for Kafka.
    'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
    'listener.name.sasl_ssl.oauthbearer.sasl.server.callback.handler.class':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
    'listener.name.sasl_ssl.oauthbearer.sasl.oauthbearer.jwks.endpoint.url': tokenKeysUrl(stack),
    'listener.name.sasl_ssl.oauthbearer.sasl.oauthbearer.expected.audience': TOKEN_AUDIENCE,
    'ssl.keystore.location': secretFile(stack, 'server.p12'),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.password': secrets.store,
    'ssl.key.password': secrets.store,
    'ssl.truststore.location': secretFile(stack, 'trust.p12'),
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.password': secrets.store,
    'listener.name.controller.ssl.client.auth': 'required',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': false,
    'super.users': `User:${KAFKA_USERS[0]};User:CN=${HOST}`,
  };
}
