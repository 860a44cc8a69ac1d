import { spawnSync } from 'node:child_process';

export const hasPcre2 = spawnSync('pcre2test', ['-C', 'newline']).error === undefined;

/** `error`: refused; null: no match; else the groups, from the whole on; undefined where one took no part. */
export type PcreAnswer = 'error' | 'limit' | null | ReadonlyArray<string | undefined>;

export interface PcreQuestion {
  readonly pattern: string;
  readonly flags: string;
  /** Bytes, as byte strings, or characters where the flags say `u`. */
  readonly subjects: readonly string[];
}

const modifiers: Readonly<Record<string, string>> = {
  i: 'caseless',
  m: 'multiline',
  s: 'dotall',
  x: 'extended',
  u: 'utf',
};

/**
 * Asks PCRE2 itself; newlines are those that Rspamd has. Its optimisations are off: they have faults of their own
 * (`\R*?\s` does not match a newline with them).
 */
export function askPcre2(questions: readonly PcreQuestion[]): PcreAnswer[][] {
  const lines = questions.flatMap(({ pattern, flags, subjects }) => {
    const utf = flags.includes('u');
    const hex = Buffer.from(pattern, utf ? 'utf8' : 'latin1').toString('hex');
    const named = [...flags].map((flag) => `,${modifiers[flag]}`).join('');
    return [
      `/${hex}/hex,newline=any,no_start_optimize,no_auto_possess${named}`,
      ...subjects.map((text) => `    ${spelled(text)}`),
      '',
    ];
  });
  const { stdout } = spawnSync('pcre2test', ['-q', '-'], {
    input: `${lines.join('\n')}\n`,
    maxBuffer: 1 << 28,
    timeout: 300_000,
    encoding: 'latin1',
  });
  return parse(stdout, questions);
}

/** In pcre2test's escapes; `\=` would begin options, an empty line ends the subjects. */
function spelled(text: string): string {
  return [...text].map((c) => `\\x{${(c.codePointAt(0) as number).toString(16)}}`).join('');
}

function parse(output: string, questions: readonly PcreQuestion[]): PcreAnswer[][] {
  const lines = output.split('\n');
  let at = 0;
  const next = (): string | undefined => lines[at];
  return questions.map(({ subjects }) => {
    while (next() !== undefined && !next()?.startsWith('/')) at++;
    at++;
    if (/^Failed: /.test(next() ?? '')) return subjects.map(() => 'error');
    return subjects.map((): PcreAnswer => {
      while (next() !== undefined && !next()?.startsWith('    \\x')) at++;
      at++;
      if (/^No match/.test(next() ?? '')) return null;
      if (/^Failed: /.test(next() ?? '')) return 'limit';
      const groups: Array<string | undefined> = [];
      for (; ; at++) {
        const [, number, text = ''] = /^ ?(\d+): (.*)$/.exec(next() ?? '') ?? [];
        if (number === undefined) {
          if (/^Start of matched string/.test(next() ?? '')) continue;
          break;
        }
        groups[Number(number)] = text === '<unset>' ? undefined : unspelled(text);
      }
      return Array.from(groups);
    });
  });
}

function unspelled(text: string): string {
  return Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(/\\x\{([0-9a-f]+)\}|\\x([0-9a-f]{2})/g, (_, wide: string | undefined, narrow: string) =>
      String.fromCodePoint(Number.parseInt(wide ?? narrow, 16)),
    );
}
