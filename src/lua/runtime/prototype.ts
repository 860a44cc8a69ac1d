import type { FunctionNode } from '../syntax/ast.ts';
import type { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import type { Resumable } from './requests.ts';

/** How an operand or callee is called in messages. */
export interface SiteName {
  readonly kind: 'local' | 'upvalue' | 'global' | 'field' | 'method';
  readonly name: string;
}

/** A place in a chunk at which an error can arise or a call can be under way. */
export interface Site {
  readonly line: number;
  /** Metamethod an operator would call; undefined for a call. */
  readonly event: string | undefined;
  /** Callee, indexed value or first operand. */
  readonly name: SiteName | undefined;
  /** Second operand. */
  readonly second: SiteName | undefined;
  /** Operands of a chain of `..`. */
  readonly operands: readonly (SiteName | undefined)[] | undefined;
}

/** Makes the plain form of a function from its environment and upvalues. */
export type Factory = (environment: LuaTable, ...upvalues: unknown[]) => LuaFunction;
/** Generator form of a function: takes the plain closure, its environment, its upvalues and the arguments. */
export type GeneratorForm = (self: LuaFunction, environment: LuaTable, ...rest: unknown[]) => Resumable;

/** A compiled chunk. */
export interface Chunk {
  readonly name: string;
  /** Name as messages show it. */
  readonly shortName: string;
  readonly source: string;
  readonly sites: Site[];
  readonly prototypes: Prototype[];
  readonly factories: Factory[];
  /** Generator forms by function; empty until the first function of the chunk runs inside a coroutine. */
  readonly generators: GeneratorForm[];
}

/** What all closures of one function have in common. */
export interface Prototype {
  readonly chunk: Chunk;
  readonly id: number;
  readonly line: number;
  readonly lastLine: number;
  readonly parameters: readonly string[];
  readonly isVararg: boolean;
  readonly upvalues: readonly string[];
}

/** A variable that closures share and somebody assigns. */
export class Box {
  v: LuaValue;
  constructor(v: LuaValue) {
    this.v = v;
  }
}

export function makePrototype(chunk: Chunk, node: FunctionNode): Prototype {
  return {
    chunk,
    id: node.id,
    line: node.line,
    lastLine: node.lastLine,
    parameters: node.parameters.map((one) => one.name),
    isVararg: node.isVararg,
    upvalues: node.upvalues.map((one) => one.name),
  };
}
