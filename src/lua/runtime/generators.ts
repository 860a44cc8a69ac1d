import type { LuaTable } from '../values/table.ts';
import type { LuaFunction, ResumableForm } from '../values/types.ts';
import { closureOf } from './closures.ts';
import { runtimeError } from './errors.ts';
import type { Chunk, GeneratorFactory } from './prototype.ts';
import { Frame, R } from './registers.ts';
import { plainBelowGenerator } from './thread.ts';

/** Stack slots of a thread, as LuaJIT counts them (luajit: src/luaconf.h, LUAI_MAXSTACK). */
const stackLimit = 65_500;

let compileGenerators: (chunk: Chunk) => GeneratorFactory[];

/** Says how the generator forms of a chunk are made. Set once by the compiler. */
export function setGeneratorCompiler(compile: typeof compileGenerators): void {
  compileGenerators = compile;
}

const environmentSetters = new WeakMap<LuaFunction, (environment: LuaTable) => void>();

/** The generator form of a Lua function that has none yet. */
export function generatorOf(fn: LuaFunction): ResumableForm {
  const closure = closureOf(fn);
  if (closure === undefined) throw new TypeError('a function written in JavaScript has no generator form');
  const { chunk, id } = closure.prototype;
  chunk.generators ??= compileGenerators(chunk);
  const make = chunk.generators[id] as GeneratorFactory;
  const [generator, setEnvironment] = make(fn, closure.environment, ...closure.upvalues);
  fn.generator = generator;
  environmentSetters.set(fn, setEnvironment);
  return generator;
}

/** Changes the environment of a Lua function in both its forms. */
export function setEnvironment(fn: LuaFunction, environment: LuaTable): boolean {
  const closure = closureOf(fn);
  if (closure === undefined) return false;
  closure.setEnvironment(environment);
  environmentSetters.get(fn)?.(environment);
  return true;
}

/**
 * Takes the frame of a function in generator form.
 * @param slots LuaJIT stack slots its own calls are away from it
 */
export function enterGenerator(fn: LuaFunction, slots: number): Frame {
  const { top } = R;
  let frame = top.more;
  if (frame === null) {
    frame = new Frame(top, plainBelowGenerator, 0);
    top.more = frame;
  }
  frame.stack = top.stack + slots;
  if (frame.stack > stackLimit) throw runtimeError('stack overflow');
  frame.fn = fn;
  R.top = frame;
  return frame;
}
