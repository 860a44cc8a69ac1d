import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRegexp, PatternError, type Regexp, Subject } from '../../../src/scan/regexp/index.ts';
import { Chance, generateCase } from './generate.ts';
import { askPcre2, hasPcre2, type PcreAnswer } from './pcre2.ts';

const rounds = process.env['RSPAMD_PROXY_SLOW'] === undefined ? 3000 : 60_000;
const skip = hasPcre2 ? false : 'no pcre2test (Debian package pcre2-utils)';

/** What we say, in the form of PCRE2's answers. */
function ours(pattern: string, flags: string, subject: string): PcreAnswer {
  const utf = flags.includes('u');
  const encode = (text: string): string => (utf ? Buffer.from(text).toString('latin1') : text);
  let expression: Regexp;
  try {
    expression = compileRegexp({ pattern: encode(pattern), flags });
  } catch (cause) {
    if (cause instanceof PatternError) return 'error';
    throw cause;
  }
  const text = new Subject(encode(subject));
  const found = expression.exec(text);
  assert.equal(
    expression.test(text),
    found !== undefined,
    `test and exec of /${pattern}/${flags} on ${JSON.stringify(subject)}`,
  );
  if (found === undefined) return null;
  const last = found.groups.findLastIndex((group) => group !== undefined);
  const decode = (part: string): string => (utf ? Buffer.from(part, 'latin1').toString() : part);
  return found.groups.slice(0, last + 1).map((group) => (group === undefined ? undefined : decode(group)));
}

test('patterns by chance match as PCRE2 has it', { timeout: 900_000, skip }, () => {
  const chance = new Chance(20_261_122);
  const wrong: string[] = [];
  let asked = 0;
  for (let left = rounds; left > 0; left -= 1000) {
    const cases = Array.from({ length: Math.min(left, 1000) }, () => generateCase(chance));
    const answers = askPcre2(cases);
    for (const [at, { pattern, flags, subjects }] of cases.entries())
      for (const [which, subject] of subjects.entries()) {
        const theirs = (answers[at] as PcreAnswer[])[which] as PcreAnswer;
        if (theirs === 'limit') continue;
        asked++;
        const own = ours(pattern, flags, subject);
        if (JSON.stringify(own) !== JSON.stringify(theirs))
          wrong.push(
            `/${pattern}/${flags} on ${JSON.stringify(subject)}: ${JSON.stringify(own)}, not ${JSON.stringify(theirs)}`,
          );
      }
  }
  assert.ok(asked > rounds);
  wrong.sort((a, b) => a.length - b.length);
  assert.deepEqual(wrong.slice(0, 40), [], `${wrong.length} of ${asked} differ`);
});
