import { randomBytes } from 'node:crypto';
import {
  call,
  checkFunction,
  checkNumber,
  checkString,
  type LuaFunction,
  LuaTable,
  type LuaValue,
  none,
  runtimeError,
  several,
  toText,
} from '../../lua/index.ts';
import type { ClassDefinition } from '../classes.ts';
import { record } from '../tables.ts';

/** A memory pool as scripts see it: variables, and functions to call when it ends. */
export class Pool {
  readonly logTag: string;
  readonly variables = new Map<string, readonly LuaValue[]>();
  readonly #destructors: LuaFunction[] = [];

  constructor(logTag = randomBytes(3).toString('hex')) {
    this.logTag = logTag;
  }

  onEnd(run: LuaFunction): void {
    this.#destructors.push(run);
  }

  end(): void {
    this.variables.clear();
    for (const run of this.#destructors.splice(0)) call(run);
  }
}

export const poolClass: ClassDefinition<Pool> = {
  name: 'rspamd{mempool}',
  constructor: Pool,
  methods: () => ({
    set_variable: (self, args) => {
      self.variables.set(checkString(args, 2), args.slice(2));
      return none();
    },
    set_bucket: (self, args) => {
      const count = checkNumber(args, 3);
      if (count <= 0) throw runtimeError('invalid arguments');
      const list = args[3] instanceof LuaTable ? args[3] : LuaTable.of(...args.slice(3, 3 + count));
      self.variables.set(checkString(args, 2), [list]);
      return none();
    },
    get_variable: (self, args) => {
      const values = self.variables.get(checkString(args, 2));
      if (values === undefined) return undefined;
      const types = toText(args[2])
        ?.split(/[, ]+/)
        .filter((type) => type !== '');
      if (types === undefined) return typeof values[0] === 'string' ? values[0] : undefined;
      return several(types.map((type, i) => converted(values[i], type.toLowerCase())));
    },
    has_variable: (self, args) => self.variables.has(checkString(args, 2)),
    delete_variable: (self, args) => self.variables.delete(checkString(args, 2)),
    add_destructor: (self, args) => {
      self.onEnd(checkFunction(args, 2));
      return none();
    },
    stat: () => record({ pools: 0, bytes: 0, chunks: 0, shared: 0, oversized: 0, fragmented: 0 }),
    suggest_size: () => 0,
    delete: (self) => {
      self.end();
      return none();
    },
    destroy: (self) => {
      self.end();
      return none();
    },
  }),
};

/**
 * A value as one of the types that scripts ask for. The original looks at the bytes of what was stored: a type other
 * than the value's gives garbage there, and nil here.
 */
function converted(value: LuaValue, type: string): LuaValue {
  switch (type) {
    case 'double':
      return typeof value === 'number' ? value : undefined;
    case 'int':
    case 'int64':
      return typeof value === 'number' ? Math.trunc(value) : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'string':
    case 'gstring':
      return typeof value === 'string' ? value : undefined;
    case 'bucket':
    case 'fstrings':
      return value instanceof LuaTable ? value : undefined;
    default:
      return undefined;
  }
}
