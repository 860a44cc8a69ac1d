import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentError, argumentTypeError, runtimeError } from '../../runtime/errors.ts';
import { allocate } from '../../runtime/limits.ts';
import { none, resultList, several } from '../../runtime/results.ts';
import type { State } from '../../runtime/state.ts';
import { untilZero } from '../../syntax/errors.ts';
import { LuaError } from '../../values/error.ts';
import { native } from '../../values/native.ts';
import { LuaTable } from '../../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { Userdata } from '../../values/userdata.ts';
import { checkAny, checkOption, checkString, optionalInteger, optionalString } from '../arguments.ts';
import { markBuiltin } from '../builtins.ts';
import { addressOf } from '../identity.ts';
import { shell } from '../shell.ts';
import { failure, reason } from '../system-errors.ts';
import {
  asFile,
  attempt,
  checkFile,
  closeFile,
  type FileHandle,
  type LuaFile,
  openStream,
  readFormats,
  writeValues,
} from './handle.ts';
import { FileStream, flushAll, MemoryStream, StandardInput, type Stream } from './stream.ts';

/** Standard files of a state, as `io.input` and `io.output` may have changed them. */
interface Standard {
  input: FileHandle;
  output: FileHandle;
}

function makeHandle(meta: LuaTable, stream: Stream, isStandard = false): FileHandle {
  return new Userdata<LuaFile>({ stream, isStandard, closesAtEnd: false }, meta);
}

/** The iterator of `lines`. */
function linesOf(handle: FileHandle, formats: readonly LuaValue[]): LuaFunction {
  return native('lines_iter', () => {
    const file = handle.value;
    const stream = openStream(file);
    const values = resultList(readFormats(stream, formats, 1));
    const [first] = values;
    if (first === undefined && typeof values[1] === 'string') throw runtimeError(values[1]);
    if (first === undefined && file.closesAtEnd) {
      closeFile(file);
      return none();
    }
    return values.length === 1 ? first : several(values);
  });
}

const bufferSize = 8192; // of C's stdio

const methodClose = native('close', (...args) => closeFile(checkFile(args)));

const methods: readonly LuaFunction[] = [
  methodClose,
  native('read', (...args) => readFormats(openStream(checkFile(args)), args, 2)),
  native('write', (...args) => writeValues(openStream(checkFile(args)), args, 2)),
  native('flush', (...args) => {
    const stream = openStream(checkFile(args));
    return attempt(() => stream.flush());
  }),
  native('seek', (...args): LuaResult => {
    const stream = openStream(checkFile(args));
    const whence = checkOption(args, 2, ['set', 'cur', 'end'] as const, 'cur');
    const offset = args[2];
    if (offset !== undefined && typeof offset !== 'number') throw argumentTypeError(args, 3, 'number');
    try {
      return stream.seek(whence, Math.trunc(offset ?? 0));
    } catch (error) {
      return failure(error);
    }
  }),
  native('setvbuf', (...args) => {
    const stream = openStream(checkFile(args));
    const mode = checkOption(args, 2, ['full', 'line', 'no'] as const);
    const size = optionalInteger(args, 3, bufferSize);
    return attempt(() => stream.setBuffer(mode, size));
  }),
  native('lines', (...args) => {
    openStream(checkFile(args));
    return linesOf(args[0] as FileHandle, args.slice(1));
  }),
  native('__gc', (...args) => {
    const file = checkFile(args);
    if (file.stream !== undefined && !file.isStandard) closeFile(file);
    return none();
  }),
  native('__tostring', (...args) => {
    const { stream } = checkFile(args);
    return stream === undefined ? 'file (closed)' : `file (0x${addressOf(stream).toString(16)})`;
  }),
];

/** Bytes that a command may write to where the program reads them. */
const mostOutput = 1 << 27;

function popen(command: string, mode: string): Stream {
  const run = (input: string | undefined): Buffer => {
    flushAll();
    const { stdout, error } = shell(command, {
      stdio: [input === undefined ? 'inherit' : 'pipe', input === undefined ? 'pipe' : 'inherit', 'inherit'],
      ...(input !== undefined && { input: Buffer.from(input, 'latin1') }),
      maxBuffer: mostOutput,
    });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOBUFS') throw new LuaError('not enough memory');
    if (error !== undefined && stdout === null) throw error;
    allocate(stdout?.length ?? 0);
    return stdout ?? Buffer.alloc(0);
  };
  if (mode.startsWith('r')) return new MemoryStream(run(undefined).toString('latin1'), undefined, () => undefined);
  const written: string[] = [];
  return new MemoryStream(
    undefined,
    (bytes) => written.push(bytes),
    () => run(written.join('')),
  );
}

/** A nameless file: it is unlinked as soon as it is open. */
function temporaryFile(): Stream {
  const folder = mkdtempSync(join(tmpdir(), 'lua_'));
  try {
    return FileStream.open(join(folder, 'file'), 'w+');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fills the table `io` of a state. */
export function openIo(state: State, library: LuaTable): void {
  const meta = new LuaTable();
  markBuiltin('file', methods);
  for (const one of methods) meta.set(one.native?.name, one);
  meta.set('__index', meta);
  state.registry.set('FILE*', meta);
  const { host } = state;
  const output = (name: 'stdout' | 'stderr'): FileHandle =>
    makeHandle(
      meta,
      new MemoryStream(
        undefined,
        (bytes) => host.write(name, bytes),
        () => undefined,
      ),
      true,
    );
  const standard: Standard = { input: makeHandle(meta, new StandardInput(), true), output: output('stdout') };
  library.set('stdin', standard.input);
  library.set('stdout', standard.output);
  library.set('stderr', output('stderr'));
  const functions = [...fileFunctions(meta), ...standardFunctions(meta, standard)];
  markBuiltin('io', functions);
  for (const one of functions) library.set(one.native?.name, one);
}

function fileFunctions(meta: LuaTable): LuaFunction[] {
  const opener = (name: string, open: (path: string, mode: string) => Stream): LuaFunction =>
    native(name, (...args): LuaResult => {
      const path = checkString(args, 1);
      const mode = optionalString(args, 2, 'r');
      try {
        return makeHandle(meta, open(untilZero(path), mode));
      } catch (error) {
        return failure(error, path);
      }
    });
  return [
    opener('open', FileStream.open),
    opener('popen', popen),
    native('tmpfile', (): LuaResult => {
      try {
        return makeHandle(meta, temporaryFile());
      } catch (error) {
        return failure(error);
      }
    }),
    native('type', (...args) => {
      const handle = asFile(checkAny(args, 1));
      if (handle === undefined) return undefined;
      return handle.value.stream === undefined ? 'closed file' : 'file';
    }),
  ];
}

/** Opens a file named as first argument; failure is an error of that argument. */
function openArgument(meta: LuaTable, args: readonly LuaValue[], mode: string): FileHandle {
  const path = checkString(args, 1);
  try {
    return makeHandle(meta, FileStream.open(untilZero(path), mode));
  } catch (error) {
    throw argumentError(1, `${path}: ${reason(error).text}`);
  }
}

function standardFunctions(meta: LuaTable, standard: Standard): LuaFunction[] {
  const stream = (handle: FileHandle): Stream => {
    if (handle.value.stream === undefined) throw runtimeError('standard file is closed');
    return handle.value.stream;
  };
  const getSet = (which: 'input' | 'output', mode: string): LuaFunction =>
    native(which, (...args) => {
      const [first] = args;
      if (first !== undefined) {
        const handle = asFile(first);
        if (handle !== undefined) openStream(handle.value);
        standard[which] = handle ?? openArgument(meta, args, mode);
      }
      return standard[which];
    });
  return [
    native('close', (...args) => closeFile(args.length > 0 ? checkFile(args) : standard.output.value)),
    native('read', (...args) => readFormats(stream(standard.input), args, 1)),
    native('write', (...args) => writeValues(stream(standard.output), args, 1)),
    native('flush', () => {
      const output = stream(standard.output);
      return attempt(() => output.flush());
    }),
    getSet('input', 'r'),
    getSet('output', 'w'),
    native('lines', (...args) => {
      if (args[0] === undefined) return linesOf(standard.input, args.slice(1));
      const handle = openArgument(meta, args, 'r');
      handle.value.closesAtEnd = true;
      return linesOf(handle, args.slice(1));
    }),
  ];
}
