/**
 * Parameters: the schema that the OpenAPI document shows and the reader of a request take the same texts, of every
 * parameter.
 *
 * Method: texts are drawn around what each schema takes, and at its edges; ajv says whether the schema takes one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import * as asked from '../../../../serving/http/path-parameters.ts';
import type { Parameter, ParameterSet } from '../../../../serving/http/parameters.ts';
import { readQuery } from '../../../../serving/http/parameters.ts';
import { openApi } from '../../../../serving/http/openapi-document.ts';

const ajv = new Ajv2020({ strict: false });
const sets: Readonly<Record<string, ParameterSet>> = { ...asked };
const all = Object.entries(sets).flatMap(([set, parameters]) =>
  Object.entries(parameters).map(([name, parameter]) => ({ set, name, parameter })),
);

/** What a text of a query can stand for in JSON: itself, and a number or a flag that is written so. */
const valuesOf = (text: string): unknown[] => [
  text,
  ...(/^-?(0|[1-9]\d*)$/.test(text) ? [Number(text)] : []),
  ...(['true', 'false'].includes(text) ? [text === 'true'] : []),
];

function isRead({ read }: Parameter<unknown>, text: string): boolean {
  try {
    read(text, 'field');
    return true;
  } catch (fault) {
    assert.equal((fault as Error).name, 'BadQuestion', text);
    return false;
  }
}

const EDGES = [
  'all',
  'All',
  'true',
  'True',
  'false',
  '1',
  '0',
  '00',
  '007',
  '-0',
  '-1',
  '+1',
  '1.0',
  '1e3',
  ' 1',
  '1 ',
  '1\n',
  '10',
  '59',
  '60',
  '61',
  '90',
  '120',
  '500',
  '501',
  '1000',
  '1001',
  '604800',
  '604860',
  '١',
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'parquet',
  'csv',
  'xml',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '253402300800000',
  '253402300800001',
  '999999999999999',
  '2026-11-22',
  '2026-02-29',
  '2024-02-29',
  '1969-12-31',
  '2026-13-01',
  '2026-11-22T1410',
  '2026-11-22T141005',
  '2026-11-22T2460',
  '2026-11-22T24:00',
  '2026-11-22T14:00Z',
  '2026-11-22T14:00 01:00',
  '1970-01-01T00:00+14:00',
  '9999-12-31T23:59-12:00',
  '2026-11-22T14:00z',
  '1795994348926.42',
  '1795994348926.-7196773591256003',
  '1795994348926.007',
  '.',
  '1.',
  'MTc5NS40Mg',
];

for (const { set, name, parameter } of all) {
  test(`${set}.${name}: schema and reader agree`, () => {
    const isOfSchema = ajv.compile(parameter.schema);
    const check = (text: string): void => {
      const isTold = valuesOf(text).some((value) => isOfSchema(value));
      // Zones are taken in any case and by older names, which no list has all.
      if (name !== 'tz' || isTold) assert.equal(isRead(parameter, text), isTold, JSON.stringify(text));
    };
    for (const text of EDGES) check(text);
    const { pattern } = parameter.schema as { pattern?: string };
    const near =
      pattern === undefined
        ? fc.integer({ min: -10, max: 700_000 }).map(String)
        : fc.stringMatching(new RegExp(pattern));
    const bent = fc
      .tuple(near, fc.nat(), fc.string({ maxLength: 1 }))
      .map(
        ([text, at, letter]) =>
          text.slice(0, at % (text.length + 1)) + letter + text.slice((at % (text.length + 1)) + 1),
      );
    // An empty text never comes to a reader.
    fc.assert(
      fc.property(
        fc.oneof(near, bent, fc.string()).filter((text) => text !== ''),
        check,
      ),
      { numRuns: 300 },
    );
  });
}

test('what is left out, or empty, is the default that the document shows', () => {
  for (const query of ['', '?location=&from=&to=&limit=&parts=&allow_partial=']) {
    const { from, to, since, ...given } = readQuery(asked.TOP_ITEMS, new Request(`http://127.0.0.1/${query}`));
    assert.deepEqual(given, { location: 'all', limit: 10, parts: false, allow_partial: false });
    assert.deepEqual([from, to, since], [undefined, undefined, undefined]);
  }
  for (const { set, name, parameter } of all) {
    if ('default' in parameter.schema)
      assert.equal(parameter.read(undefined, name), parameter.schema.default, `${set}.${name}`);
  }
});

test('the document tells of every parameter that a handler reads', () => {
  const { paths } = openApi() as {
    paths: Record<string, { get: { parameters: { name: string; schema: unknown }[] } }>;
  };
  const told = Object.values(paths).flatMap(({ get }) => get.parameters);
  for (const { set, name, parameter } of all)
    assert.ok(
      told.some((one) => one.name === name && one.schema === parameter.schema),
      `${set}.${name}`,
    );
});
