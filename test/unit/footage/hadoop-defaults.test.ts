/** The short form of Hadoop's defaults: the same settings, less text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorten } from '../../../footage/hadoop-defaults.ts';

test('names and values stay, also those with blanks and entities; comments and descriptions go', () => {
  const long = `<?xml version="1.0"?>
<!-- a licence
     <property><name>not.there</name></property> -->
<configuration>
  <property>
    <name>a.b</name>
    <value>1 &lt; 2,
      3</value>
    <description>what
      <code>it</code> is</description>
  </property>
  <property><name>empty</name><value></value><description/><final>true</final></property>
  <property><name>blank</name><value> </value></property>
</configuration>
`;
  assert.equal(
    shorten(long),
    '<?xml version="1.0"?><configuration><property><name>a.b</name><value>1 &lt; 2,\n      3</value></property>' +
      '<property><name>empty</name><value></value><final>true</final></property>' +
      '<property><name>blank</name><value> </value></property></configuration>\n',
  );
});
