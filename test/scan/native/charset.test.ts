import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charsetRule } from '../../../src/scan/native/chartable/index.ts';
import { makeTask, runRules } from './rig.ts';

const timeout = 60_000;
const dns = {
  forTask: () => ({ query: async () => ({ status: 'nxdomain' as const, records: [], error: '', cached: false }) }),
  close: () => {},
};

async function score(subject: string, body: string): Promise<readonly [number, readonly string[]] | undefined> {
  const text = `Subject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}\r\n`;
  const task = makeTask({ message: Buffer.from(text) }, dns);
  await runRules(task, [charsetRule()]);
  const found = task.results.get('R_MIXED_CHARSET');
  return found === undefined ? undefined : [found.score, [...found.options]];
}

test('words with letters of other scripts that look Latin', { timeout }, async () => {
  const plain = 'one two three four five six seven eight nine ten eleven twelve';
  assert.equal(await score('plain', plain), undefined);
  // Cyrillic letters behind Latin ones.
  const mixed = await score('plain', 'boоtnet payраl softwаre here and there are words of plain English too now');
  assert.ok(mixed !== undefined && mixed[0] > 0.1 && mixed[0] < 0.5);
  assert.deepEqual(mixed[1], []);
  // A script of its own is no mixture.
  assert.equal(
    await score('Привет', 'Это обычный русский текст и в нём нет ничего необычного для всех нас'),
    undefined,
  );
  assert.equal(await score('', 'Ελληνικό κείμενο χωρίς τίποτα παράξενο εδώ και εκεί για όλους μας σήμερα'), undefined);
  // The subject alone counts little.
  assert.deepEqual(await score('boоtnet payраl', plain), [0.25, ['subject']]);
  // Long words do not count, whatever is in them.
  assert.equal(await score('plain', `${'booо'.repeat(9)} ${plain}`), undefined);
});

test('marks on letters count in languages without them; short texts are taken for English', { timeout }, async () => {
  const english = 'so many words of this language that it can be told from them, and not only from their number';
  const german = 'so viele Wörter dieser Sprache, dass man sie daran erkennen kann und nicht nur an ihrer Anzahl';
  assert.deepEqual(await score('naïve café', 'only a few words'), [0.25, ['subject']]);
  assert.deepEqual(await score('naïve café', english), [0.25, ['subject']]);
  assert.equal(await score('naïve café', german), undefined);
});
