import type { CompositeDefinition } from '../../config/index.ts';
import { type Expression, evaluate, parseExpression } from '../expression/index.ts';
import { fromText } from '../message/index.ts';
import { type Regexp, Subject } from '../regexp/index.ts';
import type { FoundSymbol, Results } from '../results.ts';
import { type CompositeAtom, parseCompositeAtom } from './atom.ts';

/** A composite whose expression was understood. */
export interface Composite {
  readonly definition: CompositeDefinition;
  readonly expression: Expression<CompositeAtom>;
  /** It waits for symbols that come after the filters. */
  readonly late: boolean;
}

/** Symbols of a group with their scores, for atoms that name groups. */
export type GroupMembers = (group: string) => Iterable<{ readonly name: string; readonly score: number }>;

/** Below that a value counts as nothing (rspamd: composites.cxx, epsilon). */
const epsilon = 0.00001;

/** What one match asks for a symbol that it is made of. */
interface Wish {
  readonly composite: string;
  readonly symbol: boolean;
  readonly weight: boolean;
  readonly forced: boolean;
}

/** The composites of a scanner (rspamd: src/libserver/composites/composites.cxx). */
export class Composites {
  readonly #byName = new Map<string, Composite>();
  readonly #members: GroupMembers;

  constructor(composites: readonly Composite[], members: GroupMembers) {
    for (const composite of composites) this.#byName.set(composite.definition.name, composite);
    this.#members = members;
  }

  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  /**
   * Inserts what matches and takes away what the matches stand for.
   * @param late those that wait for symbols after the filters, or the others
   * @param isAllowed what settings say of a symbol
   */
  apply(results: Results, late: boolean, isAllowed: (symbol: string) => boolean): void {
    const pass = new Pass(this.#byName, this.#members, results, late, isAllowed);
    for (const composite of this.#byName.values()) pass.check(composite);
    pass.remove();
  }
}

class Pass {
  readonly #composites: ReadonlyMap<string, Composite>;
  readonly #members: GroupMembers;
  readonly #results: Results;
  readonly #late: boolean;
  readonly #isAllowed: (symbol: string) => boolean;
  /** Checked ones; `open` while it is being checked. */
  readonly #state = new Map<Composite, 'open' | 'matched' | 'missed'>();
  readonly #wishes = new Map<string, Wish[]>();

  constructor(
    composites: ReadonlyMap<string, Composite>,
    members: GroupMembers,
    results: Results,
    late: boolean,
    isAllowed: (symbol: string) => boolean,
  ) {
    this.#composites = composites;
    this.#members = members;
    this.#results = results;
    this.#late = late;
    this.#isAllowed = isAllowed;
  }

  check(composite: Composite): void {
    const { name } = composite.definition;
    if (composite.late !== this.#late || this.#state.has(composite) || !this.#isAllowed(name)) return;
    if (this.#results.has(name)) {
      this.#state.set(composite, 'matched');
      return;
    }
    this.#state.set(composite, 'open');
    const value = evaluate(composite.expression, (atom, negated) => this.#value(composite, atom, negated), true);
    const matched = Math.abs(value) > epsilon;
    this.#state.set(composite, matched ? 'matched' : 'missed');
    if (matched) this.#results.insert(name);
  }

  #value(composite: Composite, atom: CompositeAtom, negated: boolean): number {
    if (atom.group === undefined) return this.#symbol(composite, atom.name, atom, negated);
    let highest = 0;
    for (const { name, score } of this.#members(atom.name)) {
      if ((atom.group === 'positive' && score <= 0) || (atom.group === 'negative' && score >= 0)) continue;
      highest = Math.max(highest, Math.abs(this.#symbol(composite, name, atom, negated)));
    }
    return highest;
  }

  #symbol(composite: Composite, name: string, atom: CompositeAtom, negated: boolean): number {
    const found = this.#find(name);
    if (found === undefined || !atom.options.every((wanted) => hasOption(found, wanted))) return 0;
    if (!negated) this.#wish(composite, found, atom);
    return found.score === 0 ? epsilon * 16 : found.score;
  }

  /** A symbol that is another composite is worked out first; in a circle it counts as missing. */
  #find(name: string): FoundSymbol | undefined {
    const found = this.#results.get(name);
    const other = found === undefined ? this.#composites.get(name) : undefined;
    if (other === undefined) return found;
    this.check(other);
    return this.#results.get(name);
  }

  #wish({ definition }: Composite, { name }: FoundSymbol, atom: CompositeAtom): void {
    const { policy } = definition;
    const wish: Wish = {
      composite: definition.name,
      symbol: (policy === 'remove_all' || policy === 'remove_symbol') && !atom.keepsSymbol,
      weight: (policy === 'remove_all' || policy === 'remove_weight') && !atom.keepsWeight,
      forced: atom.forces,
    };
    const wishes = this.#wishes.get(name);
    if (wishes === undefined) this.#wishes.set(name, [wish]);
    else wishes.push(wish);
  }

  /** A symbol or its weight goes where all that matched agree, or one forces it. */
  remove(): void {
    for (const [name, all] of this.#wishes) {
      const wishes = all.filter(
        ({ composite }) => this.#state.get(this.#composites.get(composite) as Composite) === 'matched',
      );
      const found = this.#results.get(name);
      if (wishes.length === 0 || found === undefined || found.hidden) continue;
      const forced = wishes.some((wish) => wish.forced);
      if (forced || wishes.every(({ weight }) => weight)) this.#results.removeWeight(found);
      if (forced || wishes.every(({ symbol }) => symbol)) found.hidden = true;
    }
  }
}

function hasOption({ options }: FoundSymbol, wanted: string | Regexp): boolean {
  if (typeof wanted === 'string') return options.has(wanted);
  return [...options].some((option) => wanted.test(new Subject(fromText(option))));
}

/**
 * Understands definitions; of several with one name the last counts.
 * @param isLate whether a symbol comes after the filters
 * @param problem is told what cannot be understood
 */
export function compileComposites(
  definitions: readonly CompositeDefinition[],
  isLate: (symbol: string) => boolean,
  problem: (text: string) => void,
): Composite[] {
  const parsed = new Map<string, Omit<Composite, 'late'>>();
  for (const definition of definitions) {
    parsed.delete(definition.name);
    if (!definition.enabled) continue;
    try {
      const expression = parseExpression(definition.expression, parseCompositeAtom);
      parsed.set(definition.name, { definition, expression });
    } catch (cause) {
      problem(`cannot parse composite expression for ${definition.name}: ${(cause as Error).message}`);
    }
  }
  const late = lateOnes(parsed, isLate);
  return [...parsed.values()].map((composite) => ({ ...composite, late: late.has(composite.definition.name) }));
}

/** Those that name a symbol which comes late, and those that name these. */
function lateOnes(
  parsed: ReadonlyMap<string, Omit<Composite, 'late'>>,
  isLate: (symbol: string) => boolean,
): ReadonlySet<string> {
  const late = new Set<string>();
  for (let before = -1; before < late.size; ) {
    before = late.size;
    for (const [name, { definition, expression }] of parsed) {
      const symbols = expression.atoms.flatMap(({ atom }) => (atom.group === undefined ? [atom.name] : []));
      if ([...symbols, ...definition.dependsOn].some((symbol) => isLate(symbol) || late.has(symbol))) late.add(name);
    }
  }
  return late;
}
