import type { Site, SiteName } from '../runtime/prototype.ts';
import type { Block, Expression, FunctionNode, LabelTarget, Variable } from '../syntax/ast.ts';
import type { LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';

/** Plain functions run on JavaScript's stack; generators can be suspended at any call. */
export type Form = 'plain' | 'generator';

/** The parts of the emitter call each other through this, so that each can have a file of its own. */
export interface Emitters {
  /** JavaScript expression for exactly one value. */
  readonly value: (w: FunctionWriter, e: Expression) => string;
  /** JavaScript expression that is true or false. */
  readonly condition: (w: FunctionWriter, e: Expression) => string;
  readonly block: (w: FunctionWriter, block: Block) => string;
  /** JavaScript expression that makes a closure. */
  readonly closure: (w: FunctionWriter, fn: FunctionNode) => string;
}

/** What all functions of a chunk share while its code is written. */
export class ChunkWriter {
  readonly form: Form;
  readonly emit: Emitters;
  readonly sites: Site[];
  /** Keys of the field caches, by number. */
  readonly caches: string[] = [];
  /** Values that code cannot spell: table templates, 64-bit integers. */
  readonly constants: (LuaTable | LuaValue)[] = [];
  /** Variables that never hold anything but numbers. */
  readonly numbers = new Set<Variable>();

  /** Called for each statement. */
  readonly pause: () => void;

  constructor(form: Form, emit: Emitters, sites: Site[], pause: () => void) {
    this.pause = pause;
    this.sites = sites;
    this.form = form;
    this.emit = emit;
  }
}

export interface LoopLabel {
  readonly label: string;
  isUsed: boolean;
}

export interface JumpTarget {
  readonly label: string;
  /** `continue` with this state number, or `break` where there is none. */
  readonly state: { readonly variable: string; readonly number: number } | undefined;
}

/** Code of one function in the making. */
export class FunctionWriter {
  readonly chunk: ChunkWriter;
  readonly node: FunctionNode;
  readonly emit: Emitters;
  /** Loops around the current statement, innermost last. */
  readonly loops: LoopLabel[] = [];
  readonly jumps = new Map<LabelTarget, JumpTarget>();
  /** Nesting of loops: code inside one is worth more space. */
  loopDepth = 0;
  #temporaries = 0;
  #mostTemporaries = 0;
  #labels = 0;

  constructor(chunk: ChunkWriter, node: FunctionNode) {
    this.chunk = chunk;
    this.node = node;
    this.emit = chunk.emit;
  }

  get isGenerator(): boolean {
    return this.chunk.form === 'generator';
  }

  /** The environment of the running function. */
  get environment(): string {
    return this.isGenerator ? 'fr.environment' : 'E';
  }

  /** Whether fast paths are written out here instead of being calls. */
  get isHot(): boolean {
    return this.node.id !== 0 || this.loopDepth > 0;
  }

  value(e: Expression): string {
    return this.emit.value(this, e);
  }

  condition(e: Expression): string {
    return this.emit.condition(this, e);
  }

  /** A temporary variable, to be given back by `release` of an earlier `mark`. */
  temporary(): string {
    const name = `t${this.#temporaries++}`;
    this.#mostTemporaries = Math.max(this.#mostTemporaries, this.#temporaries);
    return name;
  }

  mark(): number {
    return this.#temporaries;
  }

  release(mark: number): void {
    this.#temporaries = mark;
  }

  label(): string {
    return `L${this.#labels++}`;
  }

  /** Declaration of all variables that are not parameters. */
  declarations(): string {
    const names: string[] = [];
    for (let i = this.node.parameters.length; i < this.node.slots; i++) names.push(`v${i}`);
    for (let i = 0; i < this.#mostTemporaries; i++) names.push(`t${i}`);
    return names.length === 0 ? '' : `let ${names.join(',')};`;
  }

  /** Registers a call's place and returns its number. */
  callSite(line: number, name: SiteName | undefined): number {
    return this.#site({ line, event: undefined, name, second: undefined, operands: undefined });
  }

  operatorSite(line: number, event: string, name?: SiteName, second?: SiteName): number {
    return this.#site({ line, event, name, second, operands: undefined });
  }

  chainSite(line: number, operands: readonly (SiteName | undefined)[]): number {
    return this.#site({ line, event: '__concat', name: undefined, second: undefined, operands });
  }

  #site(site: Site): number {
    return this.chunk.sites.push(site) - 1;
  }

  /** Variable of a new field cache. */
  cache(key: string): string {
    return `c${this.chunk.caches.push(key) - 1}`;
  }

  /** Variable of a value the code cannot spell. */
  constant(value: LuaTable | LuaValue): string {
    return `k${this.chunk.constants.push(value) - 1}`;
  }
}

/** A parenthesised sequence of JavaScript expressions of which empty ones are left out. */
export function sequence(...parts: string[]): string {
  return `(${parts.filter((one) => one !== '').join(',')})`;
}
