import type { TokenType } from 'chevrotain';
import { KeyFiller, Separator, ValueFiller } from './between.ts';
import { CloseBrace, CloseBracket, End, WrongClose } from './closing.ts';
import { BareDocument, DocumentBrace, DocumentBracket, Ignored, IncludeBrace, Opening, Rest } from './document.ts';
import { Key, MacroArguments, MacroName, MacroValue, MissingKey, Name, NoKey } from './members.ts';
import { Bare, Heredoc, Item, NumberToken, OpenBrace, OpenBracket, Quoted, SingleQuoted } from './values.ts';

export { beginScan } from './matcher.ts';
export {
  Bare,
  BareDocument,
  CloseBrace,
  CloseBracket,
  DocumentBrace,
  DocumentBracket,
  End,
  Heredoc,
  IncludeBrace,
  Item,
  Key,
  MacroArguments,
  MacroName,
  MacroValue,
  MissingKey,
  Name,
  NumberToken,
  OpenBrace,
  OpenBracket,
  Quoted,
  SingleQuoted,
};

/**
 * UCL's tokens by mode. What a byte means depends on what stood before it, so the lexer has a mode for each place, and
 * tries the tokens of it in this order. Mistakes are reported to the scan, and the tokens go on as if they had not been
 * made.
 */
export const modes = {
  /** The very beginning, and after the closing bracket of the top level. */
  document: [Rest, Opening, Ignored, BareDocument, DocumentBrace, DocumentBracket],
  /** Inside an object: where a key or a macro may come, and after a value. */
  members: [
    Rest,
    IncludeBrace,
    End,
    Separator,
    CloseBrace,
    WrongClose,
    KeyFiller,
    MacroName,
    Name,
    Key,
    MissingKey,
    NoKey,
  ],
  /** Inside an array. */
  elements: [Rest, End, Separator, ValueFiller, CloseBracket, WrongClose, Item],
  /** After a key, or at an element: left after one value, or changed for the container that it opens. */
  value: [Rest, ValueFiller, OpenBrace, OpenBracket, Quoted, SingleQuoted, Heredoc, NumberToken, Bare],
  /** After a macro's name. */
  macro: [Rest, MacroArguments, MacroValue],
} as const;

export const allTokens: TokenType[] = [...new Set(Object.values(modes).flat())];
