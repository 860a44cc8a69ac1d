import type { ByteString } from '../../bytes.ts';
import type { Block } from '../block.ts';
import type { Tag } from '../tag.ts';
import { knownTag } from '../tags.ts';
import { type Declarations, readDeclarations } from './declarations.ts';
import { type CssNode, parseSheet } from './nodes.ts';
import { plainCss } from './unescape.ts';

type Selector = { readonly kind: 'tag' | 'class' | 'id' | 'all'; readonly name: ByteString };

/**
 * The style sheet of a document: rules for elements, classes and identifiers; of other selectors at most the beginning
 * counts (rspamd: src/libserver/css/css.cxx).
 */
export class StyleSheet {
  readonly #rules = new Map<ByteString, Declarations>();

  /** Takes the text of one `style` element. */
  add(css: ByteString): void {
    for (const rule of parseSheet(plainCss(css))) {
      if (rule.kind !== 'rule' || rule.nodes[0]?.kind !== 'token') continue;
      const at = rule.nodes.findIndex(({ kind }) => kind === 'block');
      const block = rule.nodes[at];
      if (block?.kind !== 'block') continue;
      const selectors = readSelectors(rule.nodes.slice(0, at));
      const declarations = selectors.length === 0 ? undefined : readDeclarations(block.nodes);
      if (declarations === undefined || declarations.isEmpty) continue;
      for (const selector of selectors) this.#addRule(selector, declarations);
    }
  }

  /** Selectors of one rule share its declarations, also when one of them gets more later. */
  #addRule({ kind, name }: Selector, declarations: Declarations): void {
    const key = `${kind} ${name}`;
    const own = this.#rules.get(key);
    if (own === undefined) this.#rules.set(key, declarations);
    else own.merge(declarations);
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  /** What the rules that fit an element make of it; undefined where none does. */
  blockOf(tag: Tag): Block | undefined {
    const keys: ByteString[] = [];
    const id = tag.attribute('id');
    if (id !== undefined) keys.push(`id ${id}`);
    for (const name of (tag.attribute('class') ?? '').split(' ')) if (name !== '') keys.push(`class ${name}`);
    keys.push(`tag ${tag.id}`, 'all ');
    let block: Block | undefined;
    for (const key of keys) {
      const rule = this.#rules.get(key)?.compile();
      if (rule === undefined) continue;
      if (block === undefined) block = rule;
      else block.inherit(rule);
    }
    return block;
  }
}

/** rspamd: src/libserver/css/css_selector.cxx:process_selector_tokens. */
function readSelectors(nodes: readonly CssNode[]): Selector[] {
  const selectors: Selector[] = [];
  let current: Selector | undefined;
  let state: 'start' | 'name' | 'named' | 'ignore' = 'start';
  for (const node of nodes) {
    if (node.kind !== 'token') break;
    const { type, text } = node.token;
    if (state === 'start') {
      if (type === 'delim') {
        if (text === '*') [current, state] = [{ kind: 'all', name: '' }, 'named'];
        else if (text === '.' || text === '#')
          [current, state] = [{ kind: text === '.' ? 'class' : 'id', name: '' }, 'name'];
      } else if (type === 'ident') {
        if (knownTag(text) !== undefined) current = { kind: 'tag', name: text };
        state = 'named';
      } else if (type === 'hash') {
        [current, state] = [{ kind: 'id', name: text }, 'named'];
      } else {
        return selectors;
      }
    } else if (state === 'name') {
      if (type !== 'ident' || current === undefined) return selectors;
      [current, state] = [{ kind: current.kind, name: text }, 'named'];
    } else if (type === ',' && current !== undefined) {
      selectors.push(current);
      [current, state] = [undefined, 'start'];
    } else {
      state = 'ignore';
    }
  }
  if (state === 'named' && current !== undefined) selectors.push(current);
  return selectors;
}
