import { closeSync, openSync, writeSync } from 'node:fs';
import {
  checkString,
  cString,
  type LuaResult,
  LuaTable,
  type LuaValue,
  native,
  none,
  optionalInteger,
  runtimeError,
  several,
  toNumber,
  two,
  type Userdata,
} from '../../lua/index.ts';
import { lowerUtf8, readUtf8 } from '../../scan/index.ts';
import { type ClassDefinition, type Method, wrap } from '../classes.ts';
import { base32Named, toBase32 } from '../encodings/base32.ts';
import { toBase64 } from '../encodings/base64.ts';
import { crc32 } from '../encodings/crc32.ts';
import { lineEnd } from '../encodings/newlines.ts';
import { splitter } from '../regexp/split.ts';
import { systemReason } from '../system.ts';
import type { World } from '../world.ts';
import { byteSet, onOneLine } from './oneline.ts';
import { endOf, sliceOf, startOf } from './slices.ts';
import { statisticMethods } from './statistics.ts';
import { bytesOf, lowerAscii, Text } from './text.ts';

/** `rspamd_text` (rspamd: src/lua/lua_text.c). */
const textClass: ClassDefinition<Text> = {
  name: 'rspamd{text}',
  constructor: Text,
  methods: (world) => ({
    len: (self) => self.bytes.length,
    __len: (self) => self.bytes.length,
    str: (self) => self.bytes,
    tostring: (self) => self.bytes,
    __tostring: (self) => self.bytes,
    take_ownership: () => true,
    span: (self, args) => newPart(world, span(self.bytes, args)),
    sub: (self, args) => {
      const { start, end } = sliceOf(args, 2, self.bytes.length);
      return newPart(world, self.bytes.slice(start, Math.max(start, end)));
    },
    sub_utf8: (self, args) => {
      const offsets = characterOffsets(self.bytes);
      if (offsets === undefined) return undefined;
      const { start, end } = sliceOf(args, 2, offsets.length - 1);
      return newText(world, self.bytes.slice(offsets[start] ?? 0, end > start ? offsets[end] : offsets[start]));
    },
    len_utf8: (self) => {
      const offsets = characterOffsets(self.bytes);
      return offsets === undefined ? undefined : offsets.length - 1;
    },
    lines: (self, args) => lines(world, self.bytes, args[1] === true),
    split: (self, args) => splitter(self.bytes, args[1], (part) => (args[2] === true ? part : newPart(world, part))),
    at: byte,
    byte,
    bytes: (self) => {
      const table = new LuaTable();
      for (let i = 0; i < self.bytes.length; i++) table.append(self.bytes.charCodeAt(i));
      return table;
    },
    memchr: (self, args) => {
      const wanted = searchedByte(args[1]);
      const at = args[2] === true ? self.bytes.lastIndexOf(wanted) : self.bytes.indexOf(wanted);
      return at < 0 ? -1 : at + 1;
    },
    memcspn: (self, args) => {
      const rejected = checkString(args, 2);
      let at = 0;
      while (at < self.bytes.length && !rejected.includes(self.bytes[at] as string)) at++;
      return at;
    },
    find: (self, args) => {
      const pattern = checkString(args, 2);
      const init = toNumber(args[2]);
      const from = init === undefined ? 0 : startOf(Math.trunc(init), self.bytes.length) - 1;
      if (from > self.bytes.length) throw runtimeError('invalid arguments to find: init too large');
      const at = self.bytes.indexOf(pattern, from);
      return at < 0 ? undefined : two(at - from + 1, at - from + pattern.length);
    },
    lower: (self, args) => changed(world, self, args, args[2] === true, args[1] === true ? lowerUtf8 : lowerAscii),
    oneline: (self, args) => changed(world, self, args, isInPlace(self, args[1]), onOneLine),
    exclude_chars: (self, args) => {
      const pattern = checkString(args, 2);
      if (pattern === '') throw runtimeError('invalid arguments');
      const isExcluded = byteSet(pattern);
      const without = (bytes: string): string => [...bytes].filter((char) => !isExcluded(char.charCodeAt(0))).join('');
      return changed(world, self, args, isInPlace(self, args[2]), without);
    },
    normalize_newlines: (self, args) => changed(world, self, args, true, newlinesAs(args[1])),
    wipe: (self) => {
      if (!self.isOwned) throw runtimeError('cannot wipe not owned text');
      self.bytes = '\0'.repeat(self.bytes.length);
      return none();
    },
    base32: (self, args) => {
      const name = typeof args[1] === 'string' ? args[1] : 'default';
      const kind = base32Named(name);
      if (kind === undefined) throw runtimeError(`invalid b32 type: ${name}`);
      return newText(world, toBase32(self.bytes, kind));
    },
    base64: (self, args) => {
      const width = typeof args[1] === 'number' ? Math.trunc(args[1]) : 0;
      // A negative one is a very long line there.
      if (typeof args[1] === 'number' && width >= 0 && width <= 8) {
        throw runtimeError('too small line length (at least 8 is required)');
      }
      return newText(world, toBase64(self.bytes, width, lineEnd(args[2]) + (args[3] === true ? '\t' : '')));
    },
    hex: (self) => newText(world, Buffer.from(self.bytes, 'latin1').toString('hex')),
    crc32: (self, args) => crc32Of(self.bytes, args, 'text'),
    strtoul: (self) => {
      if (!/^\d*$/.test(self.bytes)) return undefined;
      const value = BigInt(self.bytes); // 0 for no digits
      return value < 1n << 64n ? Number(value) : undefined;
    },
    save_in_file: (self, args) => save(self.bytes, args),
    ...statisticMethods,
  }),
  operators: (world) => ({
    __concat: (...args) => {
      const [first, second] = [bytesOf(args, 1), bytesOf(args, 2)];
      if (first === undefined || second === undefined) throw runtimeError('only a string can be joined to a text');
      return newText(world, first + second);
    },
    __eq: (...args) => bytesOf(args, 1) === bytesOf(args, 2),
    __lt: (...args) => {
      const [first, second] = [bytesOf(args, 1), bytesOf(args, 2)];
      if (first === undefined || second === undefined) throw runtimeError('only a string can be compared with a text');
      return first.length === second.length ? first < second : first.length < second.length;
    },
  }),
};

/** A text of its own. */
export function newText(world: World, bytes: string): Userdata<Text> {
  return wrap(world, textClass, new Text(bytes, true));
}

/** A part of another text. */
function newPart(world: World, bytes: string): Userdata<Text> {
  return wrap(world, textClass, new Text(bytes, false));
}

function span(bytes: string, args: readonly LuaValue[]): string {
  const start = Math.trunc(toNumber(args[1]) ?? 0);
  if (!(start >= 1 && start <= bytes.length)) {
    throw runtimeError(`invalid arguments: start offset ${start} is larger than text len ${bytes.length}`);
  }
  const rest = bytes.length - start + 1;
  const given = Math.trunc(toNumber(args[2]) ?? -1);
  const length = given === -1 ? rest : given;
  if (length < 0 || length > rest) throw runtimeError('invalid length');
  return bytes.slice(start - 1, start - 1 + length);
}

/** Where each character begins, and where the last one ends; undefined where the bytes are not UTF-8. */
function characterOffsets(bytes: string): number[] | undefined {
  const offsets: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    offsets.push(at);
    const read = readUtf8(bytes, at);
    if (read < 0) return undefined;
    at += read & 7;
  }
  return [...offsets, at];
}

/** rspamd: src/lua/lua_text.c:rspamd_lua_text_readline. Empty lines are passed over. */
function lines(world: World, bytes: string, asStrings: boolean): LuaResult {
  let at = 0;
  return native('lines', () => {
    if (at >= bytes.length) return none();
    const newline = bytes.indexOf('\n', at);
    const end = newline >= 0 ? newline : bytes.indexOf('\r', at);
    const line = bytes.slice(at, end < 0 ? bytes.length : end).replace(/[\r\n]+$/, '');
    at = end < 0 ? bytes.length : end;
    while (bytes[at] === '\n' || bytes[at] === '\r') at++;
    return asStrings ? line : newPart(world, line);
  });
}

const byte: Method<Text> = ({ bytes }, args) => {
  const start = startOf(optionalInteger(args, 2, 1), bytes.length);
  const end = endOf(optionalInteger(args, 3, start), bytes.length);
  return several(
    Array.from({ length: Math.max(0, end - start + 1) }, (_, i) => signed(bytes.charCodeAt(start - 1 + i))),
  );
};

/** The original gives bytes as C's `char`. */
const signed = (value: number): number => (value > 127 ? value - 256 : value);

function searchedByte(value: LuaValue): string {
  const number = toNumber(value);
  if (number !== undefined && typeof value === 'number') return String.fromCharCode(Math.trunc(number) & 0xff);
  if (typeof value !== 'string') throw runtimeError('invalid arguments');
  if (value.length !== 1) throw runtimeError('need exactly one character to search');
  return value;
}

const isInPlace = (self: Text, isCopy: LuaValue): boolean => (typeof isCopy === 'boolean' ? !isCopy : self.isOwned);

function changed(
  world: World,
  self: Text,
  args: readonly LuaValue[],
  inPlace: boolean,
  change: (bytes: string) => string,
): LuaResult {
  if (!inPlace) return newText(world, change(self.bytes));
  self.bytes = change(self.bytes);
  return args[0];
}

function newlinesAs(mode: LuaValue): (bytes: string) => string {
  const name = typeof mode === 'string' ? mode.toLowerCase() : 'crlf';
  if (name === 'lf' || name === 'unix') return (bytes) => bytes.replaceAll('\r\n', '\n');
  if (name === 'crlf' || name === 'windows') return (bytes) => bytes.replace(/(?<!\r)\n/g, '\r\n');
  throw runtimeError(`invalid mode: ${mode} (expected 'lf' or 'crlf')`);
}

/** CRC-32 of a slice that the two arguments behind the bytes give. @param what word for messages */
export function crc32Of(bytes: string, args: readonly LuaValue[], what: 'text' | 'input'): number {
  const start = Math.trunc(toNumber(args[1]) ?? 1);
  if (start < 1 || start - 1 > bytes.length) {
    throw runtimeError(`invalid start offset ${start} (${what} len ${bytes.length})`);
  }
  const given = Math.trunc(toNumber(args[2]) ?? -1);
  const rest = bytes.length - start + 1;
  const length = given === -1 ? rest : given;
  if (length < 0 || length > rest) throw runtimeError('invalid length');
  return crc32(bytes.slice(start - 1, start - 1 + length));
}

/** To a file that must not exist, an open descriptor, or standard output. */
function save(bytes: string, args: readonly LuaValue[]): LuaResult {
  const target = args[1];
  const mode = typeof args[2] === 'number' ? args[2] : 0o644;
  let opened: number | undefined;
  try {
    if (typeof target === 'string') opened = openSync(cString(target), 'wx', mode);
    const fd = opened ?? (typeof target === 'number' ? target : 1);
    const data = Buffer.from(bytes, 'latin1');
    for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
    return true;
  } catch (error) {
    return two(false, systemReason(error));
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}
