/**
 * The grace as it is recorded: no prune comes before the half of the grace that any answer counted on, whatever runs
 * ask for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Grace } from '../../../../core/domain/grace.ts';
import type { Instant } from '../../../../core/domain/time.ts';
import { graceAfter, keptForMs, reliedOnMs } from '../../../../core/domain/grace.ts';

test('an epoch stays for the grace that is recorded with it, and for the one before', () => {
  assert.deepEqual(graceAfter(null, 1_000 as Instant, 30), { graceMs: 30, keptUntil: 1_030 });
  assert.deepEqual(graceAfter({ graceMs: 600, keptUntil: 900 as Instant }, 1_000 as Instant, 30), {
    graceMs: 30,
    keptUntil: 1_600,
  });
  assert.deepEqual(graceAfter({ graceMs: 30, keptUntil: 1_600 as Instant }, 1_100 as Instant, 30), {
    graceMs: 30,
    keptUntil: 1_600,
  });
});

test('where nothing is recorded an answer counts on nothing, and a prune goes by its own', () => {
  assert.equal(reliedOnMs(null), 0);
  assert.equal(reliedOnMs({}), 0);
  assert.equal(reliedOnMs({ graceMs: 600 }), 300);
  assert.equal(keptForMs({ publishedAt: 5 as Instant }, 77), 77);
});

test('whatever runs ask for, no epoch is due before any answer has had the half that it counted on', () => {
  const runs = fc.array(fc.record({ graceMs: fc.nat(1_000), afterMs: fc.nat(300) }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(runs, (asked) => {
      let at = 0;
      let before: (Grace & { publishedAt: Instant }) | null = null;
      const relied: number[] = [];
      for (const { graceMs, afterMs } of asked) {
        at += afterMs;
        // Whoever read the horizon before this one just now reads what this one publishes.
        relied.push(at + reliedOnMs(before));
        before = { ...graceAfter(before, at as Instant, graceMs), publishedAt: at as Instant };
        const dueAt = before.publishedAt + keptForMs(before, 0);
        assert.ok(
          relied.every((until) => dueAt >= until),
          `due at ${dueAt}, counted on until ${Math.max(...relied)}`,
        );
      }
    }),
  );
});
