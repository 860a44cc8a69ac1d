import { execFileSync } from 'node:child_process';
import { compileRegexp, type Regexp, Subject } from '../src/scan/regexp/index.ts';
import type { Bench } from './main.ts';

/** Patterns as rules have them, none of which is found, and at the end those that take backtracking engines for ever. */
const patterns: ReadonlyArray<readonly [source: string, flags: string]> = [
  ['click here to (?:unsubscribe|opt.out)\\b', 'i'],
  ['\\b(?:viagra|cialis|levitra|xanax|valium)\\b', 'i'],
  ['\\b(?:bitcoin|btc)\\b.{0,40}\\b(?:wallet|address)\\b', 'i'],
  ['[a-z0-9._-]+@[a-z0-9-]+\\.invalid', 'i'],
  ['^\\s*dear\\s+(?:customer|friend|sir)', 'im'],
  ['(\\d)\\1{5}', ''],
  ['(?<=\\$)\\d{1,3}(?:,\\d{3}){2}(?! dollars)', ''],
  ['(?:x+x+)+y', ''],
  ['(?:\\w+\\s?)*\\$\\d{9}', ''],
];
const rounds = 7;

/** The engine of regular expressions: as it chooses by itself, its machine alone, and Perl on the same text. */
export const bench: Bench = {
  name: 'regexp',
  about: 'milliseconds for one search in 100 kB of text that finds nothing',
  run: async () => {
    const text = prose(100_000);
    for (const [source, flags] of patterns) {
      const regexp = compileRegexp({ pattern: source, flags });
      // JavaScript's expressions serve searches from the very start only.
      const [ours, machine, perl] = [[], [], []] as [number[], number[], number[]];
      for (let round = 0; round < rounds; round++) {
        ours.push(timed(() => searched(regexp, text, 0)));
        machine.push(timed(() => searched(regexp, ` ${text}`, 1)));
        perl.push(perlTime(source, flags, text));
      }
      console.log(
        JSON.stringify({ pattern: source, ours: median(ours), machine: median(machine), perl: median(perl) }),
      );
    }
    return 0;
  },
};

function searched(regexp: Regexp, text: string, from: number): void {
  if (regexp.exec(new Subject(text), from) !== undefined) throw new Error('found, which was not the plan');
}

function timed(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const script = `
use Time::HiRes 'time';
my $text = do { local $/; <STDIN> };
my $pattern = qr/(?$ARGV[1])$ARGV[0]/;
$SIG{ALRM} = sub { print 'Infinity'; exit };
alarm 5;
$text =~ $pattern;
my $start = time;
$text =~ $pattern;
print 1000 * (time - $start);
`;

/** The second of two searches; Infinity where 5 s do not do. */
function perlTime(source: string, flags: string, text: string): number {
  return Number(
    execFileSync('perl', ['-e', script, source, flags === '' ? '^' : flags], { input: text, encoding: 'utf8' }),
  );
}

function prose(length: number): string {
  const words =
    'the quick brown fox asks you to click here to send $1,000 dollars by wire btc me@example.org xxxxxxxxxxxxxxxxxxxxxxxx'.split(
      ' ',
    );
  let [text, state] = ['', 1];
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += `${words[state % words.length]}${state % 11 === 0 ? '\n' : ' '}`;
  }
  return text;
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  return Math.round((sorted[sorted.length >> 1] as number) * 100) / 100;
}
