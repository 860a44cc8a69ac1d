import { LuaError, LuaTable, toText } from '../lua/index.ts';
import { type Chunk, chunkText } from './chunks.ts';
import type { BlockNode, Body } from './nodes.ts';
import { TemplateScope } from './scope.ts';

type Render = (body: Body, scope: TemplateScope) => Chunk;

/** The `block` tags of a template and of those that it extends. */
export class Blocks {
  /** Bodies by name; those of templates that are extended come first. */
  readonly #bodies = new Map<string, Body[]>();
  readonly #render: Render;
  /** A template extends another: its own blocks stand in for those of the other. */
  extended = false;

  constructor(render: Render) {
    this.#render = render;
  }

  /** @param extending the block belongs to a template that extends another, and is put out there */
  run(node: BlockNode, scope: TemplateScope, extending: boolean): Chunk[] {
    const name = /^\w+$/.exec(node.code)?.[0];
    if (name === undefined) throw new LuaError('invalid block name');
    const bodies = this.#bodies.get(name) ?? [];
    bodies.unshift(node.body);
    this.#bodies.set(name, bodies);
    if (extending) return [];
    if (!this.extended) return [this.#render(node.body, scope)];
    // `super()` gives what the block below has put out.
    let below = chunkText(this.#render(node.body, scope));
    for (const body of bodies.slice(1, -1)) below = chunkText(this.#render(body, above(scope, below)));
    return [this.#render(bodies.at(-1) ?? node.body, above(scope, below))];
  }

  /** `self`: its fields are functions that put a block out. */
  selfTable(scope: TemplateScope): LuaTable {
    const self = new LuaTable();
    self.fallback = (name) => {
      const body = this.#bodies.get(toText(name))?.[0];
      if (body === undefined) throw new LuaError(`undefined block "${toText(name)}"`);
      return () => [chunkText(this.#render(body, scope))];
    };
    return self;
  }
}

function above(scope: TemplateScope, below: string): TemplateScope {
  const inner = new TemplateScope(scope);
  inner.set('super', () => [below]);
  return inner;
}
