import { argumentError, argumentTypeError, runtimeError } from '../../runtime/errors.ts';
import { several } from '../../runtime/results.ts';
import { toText } from '../../values/coercion.ts';
import { scanLiteral } from '../../values/number-scan.ts';
import type { LuaResult, LuaValue } from '../../values/types.ts';
import { Userdata } from '../../values/userdata.ts';
import { checkInteger } from '../arguments.ts';
import { failure } from '../system-errors.ts';
import type { Stream } from './stream.ts';

/** State of a Lua file handle. */
export interface LuaFile {
  /** undefined once it is closed. */
  stream: Stream | undefined;
  /** Standard input, output and error cannot be closed. */
  readonly isStandard: boolean;
  /** Closed at the end of `io.lines`. */
  closesAtEnd: boolean;
}

export type FileHandle = Userdata<LuaFile>;

export function asFile(value: LuaValue): FileHandle | undefined {
  if (!(value instanceof Userdata)) return undefined;
  const { value: inner } = value;
  return typeof inner === 'object' && inner !== null && 'stream' in inner && 'closesAtEnd' in inner
    ? (value as FileHandle)
    : undefined;
}

export function checkFile(args: readonly LuaValue[]): LuaFile {
  const handle = asFile(args[0]);
  if (handle === undefined) throw argumentTypeError(args, 1, 'FILE*');
  return handle.value;
}

export function openStream(file: LuaFile): Stream {
  if (file.stream === undefined) throw runtimeError('attempt to use a closed file');
  return file.stream;
}

/** Runs something that may fail in the system; true, or nil with message and number. */
export function attempt(run: () => void, name?: string): LuaResult {
  try {
    run();
    return true;
  } catch (error) {
    return failure(error, name);
  }
}

export function closeFile(file: LuaFile): LuaResult {
  const stream = openStream(file);
  if (file.isStandard) return several([undefined, 'cannot close standard file']);
  file.stream = undefined;
  return attempt(() => stream.close());
}

/** Longest text that C's scanf is offered as a number. */
const numberSpan = 512;

/** Reads a number as C's `%lf` does, after white space; undefined when there is none. */
function readNumber(stream: Stream): number | undefined {
  for (let c = stream.peek(1); c !== '' && /[\t-\r ]/.test(c); c = stream.peek(1)) stream.read(1);
  const ahead = stream.peek(numberSpan);
  const found =
    /^([+-]?)(0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*(?:[pP][+-]?\d+)?|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/i.exec(
      ahead,
    );
  if (found === null) return undefined;
  const [all, sign, digits = ''] = found;
  stream.read(all.length);
  const number = scanLiteral(digits);
  const word = /^i/i.test(digits) ? Number.POSITIVE_INFINITY : Number.NaN;
  const value = number?.kind === 'number' ? number.value : word;
  return sign === '-' ? -value : value;
}

/** One format of `read`; undefined at the end of the file. */
function readFormat(stream: Stream, args: readonly LuaValue[], index: number): LuaValue {
  const format = args[index - 1];
  if (typeof format === 'string') {
    const letter = format.charAt(format.startsWith('*') ? 1 : 0);
    switch (letter) {
      case 'n':
        return readNumber(stream);
      case 'l':
      case 'L': {
        const line = stream.readLine();
        if (line === '') return undefined;
        return letter === 'l' && line.endsWith('\n') ? line.slice(0, -1) : line;
      }
      case 'a':
        return stream.readAll();
      default:
        throw argumentError(index, 'invalid format');
    }
  }
  if (typeof format !== 'number') throw argumentError(index, 'invalid option');
  const count = checkInteger(args, index);
  if (count === 0) return stream.peek(1) === '' ? undefined : '';
  const bytes = stream.read(count < 0 ? Number.POSITIVE_INFINITY : count);
  return bytes === '' ? undefined : bytes;
}

/** `read` with the formats from an index on; after one that fails the rest is not read. */
export function readFormats(stream: Stream, args: readonly LuaValue[], from: number): LuaResult {
  try {
    if (args.length < from) {
      const line = stream.readLine();
      return line === '' ? undefined : line.endsWith('\n') ? line.slice(0, -1) : line;
    }
    const values: LuaValue[] = [];
    for (let i = from; i <= args.length; i++) {
      const value = readFormat(stream, args, i);
      values.push(value);
      if (value === undefined) break;
    }
    return several(values);
  } catch (error) {
    return failure(error);
  }
}

export function writeValues(stream: Stream, args: readonly LuaValue[], from: number): LuaResult {
  const parts: string[] = [];
  for (let i = from; i <= args.length; i++) {
    const text = toText(args[i - 1]);
    if (text === undefined) {
      // what stands before the bad argument is written
      attempt(() => stream.write(parts.join('')));
      throw argumentTypeError(args, i, 'string');
    }
    parts.push(text);
  }
  return attempt(() => stream.write(parts.join('')));
}
