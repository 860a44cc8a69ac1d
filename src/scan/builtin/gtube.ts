import type { Rule } from '../rule.ts';
import type { GtubePatterns } from '../spec.ts';

// The line is put together here so that this file itself is no test spam.
const tail = 'JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
const actions: Readonly<Record<string, string>> = {
  X: 'reject',
  Y: 'add header',
  Z: 'rewrite subject',
  A: 'no action',
};

/** Longer texts are no test (rspamd: src/libmime/message.c:rspamd_check_gtube). */
const longest = 8192;

/** Generic test for unsolicited bulk e-mail: one line that every scanner must refuse. */
export function gtube(patterns: GtubePatterns): Rule {
  return {
    name: 'GTUBE',
    // Before all others: a test message has no other symbol.
    stage: 'connfilter',
    flags: ['explicitDisable', 'ignorePassthrough'],
    symbols: { GTUBE: { score: 0, description: 'Test message: the line that every scanner must refuse' } },
    condition: () => patterns !== 'disabled',
    run: (task) => {
      for (const { part } of task.message.textParts) {
        if (part.content.length > longest) continue;
        const letter = findLetter(part.content.text);
        if (letter === undefined || (letter !== 'X' && patterns !== 'all')) continue;
        const action = actions[letter] as string;
        const limit = task.results.limits.find(({ name }) => name === action)?.threshold;
        task.insert('GTUBE');
        task.passthrough({
          action,
          module: 'GTUBE',
          message: 'Gtube pattern',
          ...(limit !== undefined && { score: limit }),
        });
        task.flag('skip');
        return;
      }
    },
  };
}

function findLetter(text: string): string | undefined {
  for (let at = text.indexOf(tail); at >= 0; at = text.indexOf(tail, at + 1)) {
    const letter = at > 0 ? (text[at - 1] as string) : '';
    if (letter in actions) return letter;
  }
  return undefined;
}
