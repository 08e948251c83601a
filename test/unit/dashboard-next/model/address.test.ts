import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Choices } from '../../../../dashboard-next/model/address.ts';
import {
  addressOf,
  DEFAULTS,
  LIMITS,
  readAddress,
  SORTS,
  WINDOW_NAMES,
} from '../../../../dashboard-next/model/address.ts';

const read = (query: string) => readAddress(new URLSearchParams(query));
const minute = fc.integer({ min: 0, max: 60_000_000 }).map((n) => n * 60_000);
const anyShown: fc.Arbitrary<Choices> = fc.record(
  {
    route: fc.constant(DEFAULTS.route),
    window: fc.constantFrom(...WINDOW_NAMES),
    fixed: fc.option(
      fc
        .tuple(minute, fc.integer({ min: 1, max: 100_000 }))
        .map(([from, minutes]) => ({ from, to: from + minutes * 60_000 })),
    ),
    location: fc.oneof(fc.constant('all'), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    limit: fc.constantFrom(...LIMITS),
    q: fc.string({ unit: 'grapheme', maxLength: 40 }),
    sort: fc.constantFrom(...SORTS),
    refresh: fc.constantFrom(1, 5, 10, 'off') as fc.Arbitrary<Choices['refresh']>,
    tz: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata'),
    view: fc.constantFrom('chart', 'table'),
    dt: fc.constantFrom(null, '2026-11-22'),
    allowPartial: fc.boolean(),
    theme: fc.constantFrom(null, 'light', 'dark'),
  },
  { noNullPrototype: true },
);

test('choices survive being written to an address and read back', () => {
  fc.assert(
    fc.property(anyShown, (choices) => {
      const { choices: back, faults } = read(addressOf(choices));
      assert.deepEqual(back, choices);
      assert.deepEqual(faults, []);
    }),
  );
});

test('the plain page is the default, and the default is the plain page', () => {
  assert.deepEqual(read('').choices, DEFAULTS);
  assert.equal(addressOf(DEFAULTS), '');
});

test('a value that cannot be read becomes the default and is named', () => {
  for (const [query, name] of [
    ['window=2h', 'window'],
    ['limit=11', 'limit'],
    ['sort=up', 'sort'],
    ['refresh=2', 'refresh'],
    ['tz=Mars/Base', 'tz'],
    ['location=007', 'location'],
    ['view=globe', 'view'],
  ] as const) {
    const { choices, faults } = read(query);
    assert.deepEqual(choices, DEFAULTS, query);
    assert.equal(faults.length, 1, query);
    assert.match(faults[0]!, new RegExp(`^${name} is `));
  }
});

test('a range is read as ISO 8601 or as milliseconds, down to the minute', () => {
  const from = Date.UTC(2026, 10, 22, 14, 32);
  assert.deepEqual(read(`from=2026-11-22T14:32Z&to=${from + 90_500}`).choices.fixed, { from, to: from + 60_000 });
  assert.equal(read('from=2026-11-22T15:32%2B01:00&to=2026-11-22T15:00Z').choices.fixed?.from, from);
  assert.equal(read('from=2026-11-22T14:32&to=2026-11-22T15:00').choices.fixed?.from, from);
});

test('an empty, reversed or incomplete range is refused', () => {
  for (const query of [
    'from=2026-11-22T14:32Z',
    'from=5&to=4',
    'from=2026-11-22T14:32Z&to=2026-11-22T14:32Z',
    'from=yesterday&to=today',
  ]) {
    const { choices, faults } = read(query);
    assert.equal(choices.fixed, null, query);
    assert.ok(faults.length > 0, query);
  }
});
