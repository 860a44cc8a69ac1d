import type { FunctionNode, GotoStatement, LabelTarget, Variable } from './ast.ts';
import type { Lexer } from './lexer.ts';
import { limits } from './limits.ts';

interface PendingJump {
  /** undefined for `break`. */
  readonly name: string | undefined;
  readonly statement: GotoStatement | undefined;
  readonly line: number;
  /** Position among the jumps and labels of the function. */
  readonly order: number;
  /** Number of active variables at the goto, or at the end of the innermost block it has left. */
  active: number;
}

interface ActiveLabel {
  readonly label: LabelTarget;
  readonly order: number;
}

interface Scope {
  readonly parent: Scope | undefined;
  readonly isLoop: boolean;
  readonly active: number;
  readonly labels: ActiveLabel[];
  jumps: PendingJump[];
}

/** What the parser knows of the function it stands in: variables in scope, pending jumps, registers in use. */
export class FunctionScope {
  readonly node: FunctionNode;
  readonly parent: FunctionScope | undefined;
  readonly #lexer: Lexer;
  readonly #active: (Variable | undefined)[] = []; // undefined: a hidden variable of a loop
  readonly #strings = new Map<string, number>();
  #constants = 0;
  #order = 0;
  #scope: Scope = { parent: undefined, isLoop: false, active: 0, labels: [], jumps: [] };
  /** Next free register, roughly as LuaJIT would allocate it. */
  free = 0;

  constructor(lexer: Lexer, parent: FunctionScope | undefined, id: number, line: number) {
    this.#lexer = lexer;
    this.parent = parent;
    this.node = {
      id,
      line,
      lastLine: line,
      parameters: [],
      isVararg: false,
      upvalues: [],
      body: { statements: [] },
      slots: 0,
      callOffset: 1,
      usesEnvironment: false,
    };
  }

  get activeCount(): number {
    return this.#active.length;
  }

  /** Refuses what would be over a limit, in LuaJIT's words. */
  checkLimit(count: number, limit: number, what: string): void {
    if (count < limit) return;
    const where = this.node.line === 0 ? 'main function' : `function at line ${this.node.line}`;
    this.#lexer.fail(`${where} has more than ${limit} ${what}`);
  }

  /** @param ahead variables of the same statement that are declared but not yet in scope */
  declare(name: string, ahead: number): Variable {
    const slot = this.#active.length + ahead;
    this.checkLimit(slot, limits.locals, 'local variables');
    return { name, slot, captured: false, reassigned: false, ownFunction: undefined };
  }

  activate(variables: readonly (Variable | undefined)[]): void {
    for (const variable of variables) this.#active.push(variable);
    this.node.slots = Math.max(this.node.slots, this.#active.length);
  }

  /** Reserves registers for temporary values. */
  reserve(count: number): void {
    this.free += count;
    if (this.free >= limits.slots) {
      this.#lexer.fail('function or expression too complex', this.#lexer.token);
    }
  }

  /** Notes a call whose frame starts at the current register. */
  noteCall(base: number): void {
    this.node.callOffset = Math.max(this.node.callOffset, base + 2);
  }

  /** Frees temporary registers after a statement. */
  release(): void {
    this.free = this.#active.length;
  }

  /** Registers a string constant; true when an instruction can name it as a key. */
  constant(text: string): boolean {
    let index = this.#strings.get(text);
    if (index === undefined) {
      index = this.#constants++;
      this.#strings.set(text, index);
    }
    return index <= limits.namedConstants;
  }

  /** Registers a constant that is not a string: a function or a table template. */
  anonymousConstant(): void {
    this.#constants++;
  }

  findLocal(name: string): Variable | undefined {
    for (let i = this.#active.length - 1; i >= 0; i--) {
      const variable = this.#active[i];
      if (variable?.name === name) return variable;
    }
    return undefined;
  }

  /** Finds a variable of an enclosing function and makes it an upvalue of all functions in between. */
  findUpvalue(name: string): Variable | undefined {
    if (this.parent === undefined) return undefined;
    const variable = this.parent.findLocal(name) ?? this.parent.findUpvalue(name);
    if (variable === undefined) return undefined;
    variable.captured = true;
    if (!this.node.upvalues.includes(variable)) {
      this.checkLimit(this.node.upvalues.length, limits.upvalues, 'upvalues');
      this.node.upvalues.push(variable);
    }
    return variable;
  }

  noteEnvironment(): void {
    for (let scope: FunctionScope | undefined = this; scope !== undefined; scope = scope.parent) {
      scope.node.usesEnvironment = true;
    }
  }

  openScope(isLoop: boolean): void {
    this.#scope = { parent: this.#scope, isLoop, active: this.#active.length, labels: [], jumps: [] };
  }

  closeScope(): void {
    const scope = this.#scope;
    this.#active.length = scope.active;
    this.release();
    const parent = scope.parent;
    if (parent === undefined) return;
    for (const jump of this.#unresolved(scope)) {
      if (jump.name === undefined && scope.isLoop) continue;
      parent.jumps.push(jump);
      jump.active = scope.active;
    }
    this.#scope = parent;
  }

  /** Ends the function: what still has no target is an error at its own line. */
  finish(): void {
    const [jump] = this.#unresolved(this.#scope);
    if (jump === undefined) return;
    const text = jump.name === undefined ? 'no loop to break' : `undefined label '${jump.name}'`;
    this.#lexer.fail(text, undefined, jump.line);
  }

  /** Resolves jumps to labels that stand before them and returns the others. */
  #unresolved(scope: Scope): PendingJump[] {
    return scope.jumps.filter((jump) => {
      const found = scope.labels.find((one) => one.label.name === jump.name && one.order < jump.order);
      if (found === undefined || jump.statement === undefined) return true;
      found.label.backward = true;
      jump.statement.target = found.label;
      return false;
    });
  }

  addBreak(line: number): void {
    this.#addJump(undefined, undefined, line);
  }

  addGoto(name: string, line: number): GotoStatement {
    const statement: GotoStatement = { kind: 'goto', target: undefined };
    this.#addJump(name, statement, line);
    return statement;
  }

  #addJump(name: string | undefined, statement: GotoStatement | undefined, line: number): void {
    this.#scope.jumps.push({ name, statement, line, order: this.#order++, active: this.#active.length });
  }

  hasLabel(name: string): boolean {
    return this.#scope.labels.some((one) => one.label.name === name);
  }

  addLabel(name: string): LabelTarget {
    const label: LabelTarget = { name, forward: false, backward: false };
    this.#scope.labels.push({ label, order: this.#order++ });
    return label;
  }

  /**
   * Resolves the jumps of this block that wait for a label.
   * @param trailing the label ends its block and so counts as outside the scope of the block's variables
   */
  resolveLabel(label: LabelTarget, trailing: boolean): void {
    const scope = this.#scope;
    const active = trailing ? scope.active : this.#active.length;
    scope.jumps = scope.jumps.filter((jump) => {
      if (jump.name !== label.name || jump.statement === undefined) return true;
      if (jump.active < active) {
        const name = this.#active[jump.active]?.name ?? '';
        this.#lexer.fail(`<goto ${label.name}> jumps into the scope of local '${name}'`, undefined, jump.line);
      }
      label.forward = true;
      jump.statement.target = label;
      return false;
    });
  }
}
