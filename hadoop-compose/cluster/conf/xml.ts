/**
 * Hadoop's and HBase's way to write settings down. Values are escaped; order is kept, so that a diff of two runs is
 * short.
 */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export function settingsXml(settings: Settings): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `  <property><name>${escaped(name)}</name><value>${escaped(String(value))}</value></property>`,
  );
  return ['<?xml version="1.0"?>', '<configuration>', ...lines, '</configuration>', ''].join('\n');
}

/**
 * Java's `name=value` lines. Java reads them byte by byte as ISO 8859-1: any other letter is written as \\uXXXX, and a
 * backslash, which begins those, twice.
 */
export function settingsProperties(settings: Settings): string {
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${propertyValue(String(value))}`)
    .join('\n')}\n`;
}

function propertyValue(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return units
    .map((unit, at) =>
      unit === 0x5c
        ? '\\\\'
        : (unit === 0x20 && at === 0) || unit < 0x20 || unit > 0x7e
          ? `\\u${unit.toString(16).padStart(4, '0')}`
          : text[at],
    )
    .join('');
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
