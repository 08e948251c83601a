/** Hadoop's and HBase's way to write settings down. Values are escaped; order is kept, so that a diff of two runs is short. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export function settingsXml(settings: Settings): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `  <property><name>${escape(name)}</name><value>${escape(String(value))}</value></property>`,
  );
  return ['<?xml version="1.0"?>', '<configuration>', ...lines, '</configuration>', ''].join('\n');
}

/** Java's `name=value` lines. */
export function settingsProperties(settings: Settings): string {
  return `${Object.entries(settings).map(([name, value]) => `${name}=${value}`).join('\n')}\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
