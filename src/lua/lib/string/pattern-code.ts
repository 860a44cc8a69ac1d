import { tick } from '../../runtime/limits.ts';
import { R } from '../../runtime/registers.ts';
import { lengths, mostCaptures, POSITION, starts, UNFINISHED } from './captures.ts';
import { balance, isFrontier, repeats } from './matching.ts';
import {
  ANY,
  AT_END,
  BACK_REFERENCE,
  BALANCE,
  CLOSE,
  FINISH,
  FRONTIER,
  LAZY,
  LITERAL,
  ONCE,
  OPEN,
  OPEN_POSITION,
  OPTIONAL,
  type Pattern,
  PLUS,
  SET,
} from './pattern.ts';

/** A pattern compiled to JavaScript: matches at one place of a string and returns the index behind, or -1. */
export type CompiledPattern = (source: string, at: number) => number;

const mostItems = 100; // longer patterns may be too deep for LuaJIT, which the interpreter notices

/** Tests of one byte at index `i`; a byte past the end is NaN and in no set. */
function test(pattern: Pattern, item: number, at: string): string {
  switch (pattern.kinds[item]) {
    case LITERAL:
      return `s.charCodeAt(${at})===${pattern.first[item]}`;
    case ANY:
      return `${at}<n`;
    default:
      return `Z[${item}][s.charCodeAt(${at})]===1`;
  }
}

/** Writes one function for each item that matching may come back to. */
class PatternWriter {
  readonly #pattern: Pattern;
  readonly #functions = new Map<number, string>();
  /** Captures open at each item, by number; set while items are gone through in order. */
  readonly #captureOf: number[] = [];

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
  }

  /** undefined when the pattern has something that only the interpreter words right. */
  write(): string | undefined {
    if (this.#pattern.kinds.length > mostItems || !this.#number()) return undefined;
    this.#define(0);
    return `let s='',n=0;${[...this.#functions.values()].join('\n')}return(t,i)=>{s=t;n=t.length;return m0(i)};`;
  }

  /** Gives each parenthesis and back reference its capture; false for what is an error when it is reached. */
  #number(): boolean {
    const { kinds, first } = this.#pattern;
    const open: number[] = [];
    const isClosed: boolean[] = [];
    for (let item = 0; item < kinds.length; item++) {
      const kind = kinds[item];
      if (kind === OPEN || kind === OPEN_POSITION) {
        this.#captureOf[item] = isClosed.length;
        if (kind === OPEN) open.push(isClosed.length);
        isClosed.push(kind === OPEN_POSITION);
      } else if (kind === CLOSE) {
        const capture = open.pop();
        if (capture === undefined) return false;
        this.#captureOf[item] = capture;
        isClosed[capture] = true;
      } else if (kind === BACK_REFERENCE) {
        const capture = (first[item] as number) - 1;
        if (isClosed[capture] !== true) return false;
        this.#captureOf[item] = capture;
      } else if (kind !== undefined && kind > FINISH) {
        return false;
      }
    }
    return isClosed.length <= mostCaptures;
  }

  /** Name of the function that matches from an item on. */
  #define(item: number): string {
    const name = `m${item}`;
    if (!this.#functions.has(item)) {
      this.#functions.set(item, '');
      this.#functions.set(item, `function ${name}(i){if(--R.fuel<0)tick();${this.#from(item)}}`);
    }
    return name;
  }

  #from(start: number): string {
    let code = '';
    for (let item = start; ; item++) {
      const kind = this.#pattern.kinds[item] as number;
      if (kind === FINISH) return `${code}return i;`;
      if (kind === AT_END) return `${code}return i===n?i:-1;`;
      if (kind <= SET) {
        const repeat = this.#pattern.repeats[item] as number;
        if (repeat !== ONCE && repeat !== OPTIONAL) return code + this.#repeated(item, repeat);
        code += repeat === ONCE ? this.#once(item) : this.#optional(item);
      } else {
        code += this.#special(kind, item);
      }
    }
  }

  #once(item: number): string {
    return `if(!(${test(this.#pattern, item, 'i')}))return -1;i++;`;
  }

  #optional(item: number): string {
    const next = this.#define(item + 1);
    return `if(${test(this.#pattern, item, 'i')}){const r=${next}(i+1);if(r>=0)return r;}`;
  }

  #repeated(item: number, repeat: number): string {
    const one = (at: string): string => test(this.#pattern, item, at);
    const next = this.#define(item + 1);
    if (repeat === LAZY) return `for(;;){const r=${next}(i);if(r>=0)return r;if(!(${one('i')}))return -1;i++;}`;
    const run = this.#pattern.kinds[item] === ANY ? 'let e=n;' : `let e=i;while(${one('e')})e++;R.fuel-=(e-i)>>6;`;
    const least = repeat === PLUS ? 'i+1' : 'i';
    if (this.#pattern.kinds[item + 1] === FINISH) return `${run}return e>=${least}?e:-1;`;
    return `${run}const b=${least};for(;e>=b;e--){const r=${next}(e);if(r>=0)return r;}return -1;`;
  }

  #special(kind: number, item: number): string {
    const { first, second } = this.#pattern;
    const capture = this.#captureOf[item];
    switch (kind) {
      case OPEN:
        return `A[${capture}]=i;N[${capture}]=${UNFINISHED};`;
      case OPEN_POSITION:
        return `A[${capture}]=i;N[${capture}]=${POSITION};`;
      case CLOSE:
        return `N[${capture}]=i-A[${capture}];`;
      case BALANCE:
        return `if((i=balance(s,i,${first[item]},${second[item]}))<0)return -1;`;
      case FRONTIER:
        return `if(!isFrontier(s,i,Z[${item}]))return -1;`;
      default:
        return `if(N[${capture}]===${POSITION}||(i=repeats(s,i,A[${capture}],N[${capture}]))<0)return -1;`;
    }
  }
}

/** Compiles a pattern; undefined when it has to be interpreted. */
export function compilePattern(pattern: Pattern): CompiledPattern | undefined {
  const code = new PatternWriter(pattern).write();
  if (code === undefined) return undefined;
  // made of numbers and fixed text only
  const make = new Function('R', 'tick', 'A', 'N', 'Z', 'balance', 'isFrontier', 'repeats', code);
  return make(R, tick, starts, lengths, pattern.sets, balance, isFrontier, repeats) as CompiledPattern;
}
