/**
 * What differs on one machine from a cluster: nobody waits a day to see an epoch end, and the disk is small.
 *
 * `cluster up` prepares topics with these, `npm start` hands them to the layers; what the environment already says
 * wins. The log is kept for hours, since ten thousand records a second are several gigabytes an hour.
 */
export const LAPTOP: Readonly<Record<string, string>> = {
  PRUNE_GRACE_SECONDS: '30',
  KAFKA_RETENTION_HOURS: '4',
  KAFKA_SEGMENT_MB: '64',
  // Flume's heap grows by four times this.
  FOOTAGE_GREATEST_MB: '32',
  // Twenty pictures a second are 29 GB a day.
  FOOTAGE_RETENTION_DAYS: '1',
};
