import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addCounts,
  addRecent,
  type Counts,
  copyCounts,
  count,
  countsToJson,
  readCounts,
  takeCounts,
} from '../../src/message/counts.ts';

const timeout = 60_000;

interface Some extends Counts {
  all: number;
  names: Map<string, number>;
  last: number[];
}

const none = (): Some => ({ all: 0, names: new Map(), last: [] });

/** Things that may happen, in any order, at one of several places. */
const events = fc.array(
  fc.oneof(
    fc.record({ at: fc.nat(2), do: fc.constantFrom('a', '__proto__', 'constructor', 'no action') }),
    fc.record({ at: fc.nat(2), do: fc.constant(undefined) }),
  ),
);

test('what is counted at several places and told now and then is what happened', { timeout }, () => {
  fc.assert(
    fc.property(events, (all) => {
      const places = [none(), none(), none()];
      const sum = none();
      const expected = none();
      for (const { at, do: name } of all) {
        const place = places[at] as Some;
        if (name === undefined) {
          const told = takeCounts(place);
          if (told !== undefined) addCounts(sum, structuredClone(told));
          continue;
        }
        for (const one of [place, expected]) {
          one.all++;
          count(one.names, name);
        }
      }
      for (const place of places) addCounts(sum, takeCounts(place) ?? none());
      assert.deepEqual(sum, expected);
      assert.ok(places.every((place) => takeCounts(place) === undefined));
    }),
  );
});

test('of values only the last ones are kept', { timeout }, () => {
  const counts = none();
  for (let n = 0; n < 40; n++) addRecent(counts.last, n);
  addCounts(counts, { ...none(), last: [100, 101] });
  assert.equal(counts.last.length, 31);
  assert.deepEqual(counts.last.slice(-3), [39, 100, 101]);
});

test('counts come back from JSON; what is no count is passed over', { timeout }, () => {
  const counts = { ...none(), all: 3, names: new Map([['no action', 2]]), last: [0.5] };
  const again = none();
  readCounts(again, JSON.parse(JSON.stringify(countsToJson(counts))));
  assert.deepEqual(again, counts);
  const spoilt = none();
  readCounts(spoilt, { all: 'x', names: { a: null, b: 1, c: [2] }, last: [1, 'y'], __proto__: { all: 1 }, more: 1 });
  assert.deepEqual(spoilt, { ...none(), names: new Map([['b', 1]]), last: [1] });
  for (const odd of [null, [], 'text', 3]) readCounts(spoilt, odd);
  const copy = copyCounts(counts);
  count(copy.names, 'no action');
  assert.equal(counts.names.get('no action'), 2);
});
