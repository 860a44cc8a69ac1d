import {
  checkString,
  cString,
  type LuaResult,
  LuaTable,
  type LuaValue,
  runtimeError,
  toText,
  two,
  type Userdata,
} from '../../lua/index.ts';
import {
  type Flags,
  lineAndColumn,
  type Parsed,
  parseFile,
  parseText,
  type UclEntry,
  type UclObject,
  type UclValue,
  type Variable,
} from '../../ucl/index.ts';
import { decodeMsgpack, MsgpackError, type MsgpackValue } from '../../wire/msgpack/index.ts';
import { type ClassDefinition, type Method, wrap } from '../classes.ts';
import { pairs } from '../tables.ts';
import { textBytes } from '../text/text.ts';
import type { World } from '../world.ts';
import { toLua } from './convert.ts';
import { wrappedTable } from './object.ts';

/** Bits of `ucl.parser(flags)` (rspamd: contrib/libucl/ucl.h:ucl_parser_flags_t). */
const flagBits = { lowercase: 1, noTime: 4, noImplicitArrays: 8, noMacros: 32, noFileVariables: 64 };
const safeFlags = flagBits.noTime | flagBits.noImplicitArrays | flagBits.noMacros | flagBits.noFileVariables;

/** `ucl.parser()` */
class Parser {
  readonly flags: number;
  readonly variables: Variable[] = [];
  top: UclValue | undefined = undefined;
  /** Texts that have been read, one behind the other: what follows goes on where they end. */
  text = '';
  constructor(flags: number) {
    this.flags = flags;
  }
  has(bit: number): boolean {
    return (this.flags & bit) !== 0;
  }
  get loaderFlags(): Flags {
    return {
      macros: !this.has(flagBits.noMacros),
      timeSuffixes: !this.has(flagBits.noTime),
      implicitArrays: !this.has(flagBits.noImplicitArrays),
      fileVariables: !this.has(flagBits.noFileVariables),
    };
  }
}

const parserClass: ClassDefinition<Parser> = {
  name: 'ucl.parser.meta',
  constructor: Parser,
  methods: (world) => ({
    parse_string: (self, args) => parse(self, checkString(args, 2), toText(args[2])),
    parse_text: (self, args) => parse(self, inputBytes(args[1]), toText(args[2])),
    parse_file: (self, args) => {
      const path = cString(checkString(args, 2)).toString('utf8');
      return accept(self, parseFile(path, { flags: self.loaderFlags, variables: self.variables }));
    },
    register_variable: (self, args) => {
      self.variables.push([checkString(args, 2), checkString(args, 3)]);
      return true;
    },
    register_variables: registerVariables,
    get_object: (self) => (self.top === undefined ? undefined : toLua(world, self.top)),
    get_object_wrapped: (self) => (self.top === undefined ? undefined : wrappedTable(world, self.top)),
  }),
};

export function newParser(world: World, flags: LuaValue): Userdata {
  return wrap(world, parserClass, new Parser(typeof flags === 'number' ? flags : safeFlags));
}

/** A value read from a JSON or UCL text as `ucl.parser():parse_string` reads it; or what is wrong with it. */
export function parseSafely(text: string): { readonly value: UclValue } | { readonly problem: string } {
  const parser = new Parser(safeFlags);
  const parsed = parseText(text, { flags: parser.loaderFlags });
  return parsed.value === undefined ? { problem: problemOf(parsed) } : { value: parsed.value };
}

const registerVariables: Method<Parser> = (self, args) => {
  const table = args[1];
  if (!(table instanceof LuaTable)) throw runtimeError('invalid arguments');
  for (const [name, value] of pairs(table)) self.variables.push([checkString([name], 1), checkString([value], 1)]);
  return true;
};

function inputBytes(value: LuaValue): string {
  const bytes = typeof value === 'string' ? value : textBytes(value);
  if (bytes === undefined) throw runtimeError('invalid argument as input, expected userdata or a string');
  return bytes;
}

function parse(self: Parser, input: string, type: string | undefined): LuaResult {
  const kind = type?.toLowerCase();
  if (kind === 'msgpack' || (kind === 'auto' && /^[\x80-\x9f\xdc-\xdf]/.test(input))) return parseMsgpack(self, input);
  // what stands in brackets is at its end, and a value has to be before another text
  if (/^\s*[{[]|[^;}\]\s]$/.test(self.text)) return refuse(self, 'delimiter is missing');
  const text = self.text + input;
  const answer = accept(self, parseText(text, { flags: self.loaderFlags, variables: self.variables }));
  self.text = text;
  return answer;
}

function accept(self: Parser, parsed: Parsed): LuaResult {
  if (parsed.value === undefined) return refuse(self, problemOf(parsed));
  self.top = self.has(flagBits.lowercase) ? withLowerKeys(parsed.value) : parsed.value;
  return true;
}

/** Nothing is left of a text with a mistake. */
function refuse(self: Parser, problem: string): LuaResult {
  self.top = undefined;
  return two(false, problem);
}

/** rspamd: contrib/libucl/ucl_parser.c:ucl_set_err */
function problemOf({ diagnostics }: Parsed): string {
  const error = diagnostics.find((one) => one.severity === 'error');
  if (error?.at === undefined) return error?.message ?? 'unknown error';
  const { line, column } = lineAndColumn(error.at);
  const char = error.at.source.text[error.at.offset];
  const shown = char === undefined ? '' : `, character: '${char}'`;
  return `error while parsing ${error.at.source.name}: line: ${line}, column: ${column - 1} - '${error.message}'${shown}`;
}

function withLowerKeys(value: UclValue): UclValue {
  if (value.type === 'array') return { ...value, items: value.items.map(withLowerKeys) };
  if (value.type !== 'object') return value;
  const entries = new Map<string, UclEntry>();
  for (const entry of value.entries.values()) {
    const key = entry.key.toLowerCase();
    entries.set(key, { ...entry, key, value: withLowerKeys(entry.value) });
  }
  return { ...value, entries };
}

function parseMsgpack(self: Parser, input: string): LuaResult {
  try {
    self.top = fromMsgpack(decodeMsgpack(Buffer.from(input, 'latin1'), 'latin1'));
    return true;
  } catch (error) {
    if (error instanceof MsgpackError) return two(false, error.message);
    throw error;
  }
}

const nowhere = { priority: 0, at: { source: { name: '<unknown>', text: '', includedFrom: undefined }, offset: 0 } };

function fromMsgpack(value: MsgpackValue): UclValue {
  if (value === null) return { ...nowhere, type: 'null' };
  if (typeof value === 'boolean') return { ...nowhere, type: 'boolean', value };
  if (typeof value === 'bigint') return { ...nowhere, type: 'int', value };
  if (typeof value === 'string') return { ...nowhere, type: 'string', value, style: 'quoted' };
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { ...nowhere, type: 'int', value: BigInt(value) };
    return { ...nowhere, type: 'float', value };
  }
  if (Buffer.isBuffer(value)) return { ...nowhere, type: 'string', value: value.toString('latin1'), style: 'quoted' };
  if (Array.isArray(value)) return { ...nowhere, type: 'array', implicit: false, items: value.map(fromMsgpack) };
  const entries = Object.entries(value).map(
    ([key, item]) => [key, { key, at: nowhere.at, value: fromMsgpack(item) }] as const,
  );
  return { ...nowhere, type: 'object', entries: new Map(entries) } satisfies UclObject;
}
