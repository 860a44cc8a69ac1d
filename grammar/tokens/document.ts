import type { TokenType } from 'chevrotain';
import { skipOpening } from '../fillers.ts';
import { problem, warning } from '../problem.ts';
import { openContainer, report, type Scan } from '../scan.ts';
import { ahead, NONE, token } from './matcher.ts';

/** The rest of a text that is not worth reading any more. */
export const Rest = token('Rest', (s) => (s.stopped ? s.text.length : NONE), { skip: true });

export const Opening = token('Opening', (s, at) => (at === 0 ? ahead(at, skipOpening(s)) : NONE), {
  first: ' \t\n\v\f\r#/',
  skip: true,
});

/** Everything after the closing bracket of the top level: it is never read. */
export const Ignored = token(
  'Ignored',
  (s, at) => {
    if (s.after !== 'close' || s.open.length > 0) return NONE;
    const rest = s.text.slice(at).search(/[^\s;,]/);
    if (rest !== -1 && !/^(?:#|\/\*)/.test(s.text.slice(at + rest, at + rest + 2))) {
      report(s, warning(at + rest, 'everything after the closing bracket of the top level is ignored'));
    }
    return s.text.length;
  },
  { skip: true },
);

/** The beginning of a text without braces: it has no length. Included texts have it before their braces, too. */
export const BareDocument = token('BareDocument', (s, at) => bareDocument(s, at), { push: 'members' });

function bareDocument(s: Scan, at: number): number {
  const first = s.text.charAt(at);
  if (s.options.included) {
    if (first === '[') report(s, problem(at, 'an included text cannot be an array', 'give it keys, or use `.load`'));
    return at;
  }
  return first === '{' || first === '[' ? NONE : at;
}

/** The brace around a whole included text. */
export const IncludeBrace = token(
  'IncludeBrace',
  (s, at) => {
    if (s.begun) return NONE;
    s.begun = true;
    if (!s.options.included || s.text.charAt(at) !== '{') return NONE;
    openContainer(s, 'object', at);
    return at + 1;
  },
  { push: 'members' },
);

/** A bracket that opens a container; with `pop` it is a value. */
export function opening(name: string, kind: 'object' | 'array', pop: boolean): TokenType {
  return token(
    name,
    (s, at) => {
      s.after = 'ready';
      s.filledTo = -1;
      s.found = at;
      openContainer(s, kind, at);
      return at + 1;
    },
    { first: kind === 'object' ? '{' : '[', push: kind === 'object' ? 'members' : 'elements', pop },
  );
}

export const DocumentBrace = opening('DocumentBrace', 'object', false);
export const DocumentBracket = opening('DocumentBracket', 'array', false);
