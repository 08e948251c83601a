/**
 * Logs of the daemons: a file each, five old ones of 20 MB kept, so that a stack never fills a disk with its own words.
 *
 * ZooKeeper, HDFS and HBase log through reload4j, Kafka through Log4j 2. The file's path comes in as the system
 * property `sightline.log`, so that the daemons of one family share one configuration.
 */
import { settingsProperties } from './xml.ts';

const maxFileSize = '20MB';
const keptFiles = 5;

export const reload4jProperties: string = settingsProperties({
  'log4j.rootLogger': 'INFO, file',
  'log4j.appender.file': 'org.apache.log4j.RollingFileAppender',
  'log4j.appender.file.File': '${sightline.log}',
  'log4j.appender.file.MaxFileSize': maxFileSize,
  'log4j.appender.file.MaxBackupIndex': keptFiles,
  'log4j.appender.file.layout': 'org.apache.log4j.EnhancedPatternLayout',
  'log4j.appender.file.layout.ConversionPattern': '%d{yyyy-MM-dd HH:mm:ss.SSS}{UTC} %-5p [%t] %c{2}: %m%n',
  // One line for every file, block and request: too much at ten thousand detections a second.
  'log4j.logger.BlockStateChange': 'WARN',
  'log4j.logger.org.apache.hadoop.hdfs.StateChange': 'WARN',
  'log4j.logger.org.apache.hadoop.hdfs.server.namenode.FSNamesystem.audit': 'WARN',
  'log4j.logger.org.apache.hadoop.hdfs.server.datanode.DataNode.clienttrace': 'WARN',
  'log4j.logger.datanode.webhdfs': 'WARN',
  'log4j.logger.http.requests.namenode': 'WARN',
  'log4j.logger.http.requests.datanode': 'WARN',
  'log4j.logger.SecurityLogger': 'WARN',
});

export const log4j2Properties: string = settingsProperties({
  name: 'sightline',
  'rootLogger.level': 'INFO',
  'rootLogger.appenderRef.file.ref': 'file',
  'appender.file.type': 'RollingFile',
  'appender.file.name': 'file',
  'appender.file.fileName': '${sys:sightline.log}',
  'appender.file.filePattern': '${sys:sightline.log}.%i',
  'appender.file.layout.type': 'PatternLayout',
  'appender.file.layout.pattern': '%d{yyyy-MM-dd HH:mm:ss.SSS}{UTC} %-5p [%t] %c{2}: %m%n',
  'appender.file.policies.type': 'Policies',
  'appender.file.policies.size.type': 'SizeBasedTriggeringPolicy',
  'appender.file.policies.size.size': maxFileSize,
  'appender.file.strategy.type': 'DefaultRolloverStrategy',
  'appender.file.strategy.max': keptFiles,
});
