import { readFileSync } from 'node:fs';
import { compile } from '../../emit/compile.ts';
import { call } from '../../runtime/calls.ts';
import { caught } from '../../runtime/caught.ts';
import { runtimeError } from '../../runtime/errors.ts';
import { setEnvironment } from '../../runtime/generators.ts';
import { spend } from '../../runtime/limits.ts';
import { R } from '../../runtime/registers.ts';
import { firstResult, two } from '../../runtime/results.ts';
import { LuaSyntaxError } from '../../syntax/errors.ts';
import { toText } from '../../values/coercion.ts';
import { LuaError } from '../../values/error.ts';
import { native } from '../../values/native.ts';
import { LuaTable } from '../../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { checkFunction, optionalString } from '../arguments.ts';
import { cString } from '../c-string.ts';
import { ESCAPE, loadDump } from '../dump.ts';
import { reason } from '../system-errors.ts';

/** What compiling a byte of source counts for, and bytes that an empty chunk counts for. */
const [bytesPerByte, leastSource] = [500, 1000];

/**
 * Compiles a chunk for the running state.
 * @param mode which kinds of chunk are welcome: `t`ext, `b`ytecode
 * @param more gives further pieces of the source, undefined at its end
 * @throws LuaError with the message
 */
export function loadChunk(
  source: string,
  name: string,
  mode: string | undefined,
  more?: () => string | undefined,
): LuaFunction {
  const isBinary = source.startsWith(ESCAPE);
  if (mode !== undefined && !mode.includes(isBinary ? 'b' : 't')) {
    throw new LuaError('attempt to load chunk with wrong mode');
  }
  try {
    return isBinary ? loadDump(whole(source, more)) : compile(source, name, more)(R.state.current.environment);
  } catch (error) {
    if (error instanceof LuaSyntaxError) throw new LuaError(error.message);
    throw error;
  }
}

/** A file as a chunk. @throws LuaError when it cannot be read or compiled */
export function loadFile(path: string | undefined, mode: string | undefined): LuaFunction {
  let source: string;
  try {
    source = readFileSync(path === undefined ? 0 : cString(path), 'latin1');
  } catch (error) {
    throw new LuaError(`cannot open ${path ?? 'stdin'}: ${reason(error).text}`);
  }
  return loadChunk(source, path === undefined ? '=stdin' : `@${path}`, mode);
}

/** Runs a loader; what it throws becomes nil and a message. */
function attempt(load: () => LuaFunction, environment: LuaValue): LuaResult {
  const { top } = R;
  try {
    const fn = load();
    if (environment instanceof LuaTable) setEnvironment(fn, environment);
    return fn;
  } catch (error) {
    const { value } = caught(error);
    R.top = top;
    return two(undefined, value);
  }
}

function whole(start: string, more: (() => string | undefined) | undefined): string {
  let source = start;
  for (let piece = more?.(); piece !== undefined; piece = more?.()) source += piece;
  return source;
}

/** The next piece that a reader gives; undefined at the end, which is nil or an empty string. */
function readPiece(reader: LuaFunction): string | undefined {
  const piece = firstResult(call(reader));
  if (piece === undefined) return undefined;
  const text = toText(piece);
  if (text === undefined) throw runtimeError('reader function must return a string');
  spend(text.length * bytesPerByte);
  return text === '' ? undefined : text;
}

function load(...args: LuaValue[]): LuaResult {
  const name = optionalString(args, 2, undefined);
  const mode = optionalString(args, 3, undefined);
  const text = toText(args[0]);
  if (text !== undefined) {
    spend((text.length + leastSource) * bytesPerByte);
    return attempt(() => loadChunk(text, name ?? text, mode), args[3]);
  }
  const reader = checkFunction(args, 1);
  return attempt(() => {
    spend(leastSource * bytesPerByte);
    const first = readPiece(reader);
    const more = first === undefined ? undefined : (): string | undefined => readPiece(reader);
    return loadChunk(first ?? '', name ?? '=(load)', mode, more);
  }, args[3]);
}

const loadfile = native('loadfile', (...args) => {
  const path = optionalString(args, 1, undefined);
  const mode = optionalString(args, 2, undefined);
  return attempt(() => loadFile(path, mode), args[2]);
});

const dofile = native('dofile', (...args) => {
  const fn = loadFile(optionalString(args, 1, undefined), undefined);
  return call(fn);
});

export const loadingFunctions: readonly LuaFunction[] = [
  native('load', load),
  native('loadstring', (...args) => load(...args)),
  loadfile,
  dofile,
];
