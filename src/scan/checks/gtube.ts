import type { ByteString } from '../message/index.ts';
import type { Check } from '../symbol.ts';

/** Which GTUBE-like lines count: option `gtube_patterns` (rspamd: src/libmime/message.c). */
export type GtubePatterns = 'reject' | 'all' | 'disabled';

// The line is put together here so that this file itself is no test spam.
const tail = 'JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
const actions: Readonly<Record<string, string>> = {
  X: 'reject',
  Y: 'add header',
  Z: 'rewrite subject',
  A: 'no action',
};

/** Generic test for unsolicited bulk e-mail: one line that every scanner must refuse. */
export function gtube(patterns: GtubePatterns): Check {
  return {
    name: 'gtube',
    stage: 'prefilter',
    symbols: { GTUBE: { score: 0, description: 'GTUBE test pattern' } },
    run: (task) => {
      if (patterns === 'disabled') return;
      const letter = findLetter(task.message.body);
      if (letter === undefined || (letter !== 'X' && patterns !== 'all')) return;
      task.insert('GTUBE');
      task.passthrough(actions[letter] as string, 'GTUBE', 'Gtube pattern');
    },
  };
}

function findLetter(body: ByteString): string | undefined {
  for (let at = body.indexOf(tail); at >= 0; at = body.indexOf(tail, at + 1)) {
    const letter = at > 0 ? (body[at - 1] as string) : '';
    if (letter in actions) return letter;
  }
  return undefined;
}
