import type { ByteString } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { Arguments } from './arguments.ts';
import { extractors } from './extractors.ts';
import { type Call, type ParsedSelector, parseSelectors } from './parse.ts';
import { methodCall, objectTransforms, type Transform, transforms } from './transforms.ts';
import { textOf, texts, type Value } from './value.ts';
import type { SelectorWorld } from './world.ts';

/** What several selectors of one text come to: a text or a list for each. */
type Results = readonly (ByteString | readonly ByteString[])[];

/** Makes selectors: expressions that pick texts of a message (rspamd: lualib/lua_selectors/init.lua). */
export class Selectors {
  readonly #world: SelectorWorld;

  constructor(world: SelectorWorld) {
    this.#world = world;
  }

  /**
   * Texts put together of the results of all selectors; where some of them give lists, of the first items of each, of
   * the second ones, and so on.
   * @throws Error where the text has something that is not known here, or is wrong
   */
  combined(given: ByteString, delimiter = ''): (task: Task) => readonly ByteString[] {
    const run = this.#compile(given);
    return (task) => {
      const results = run(task);
      if (results === undefined) return [];
      const lengths = results.flatMap((one) => (typeof one === 'string' ? [] : [one.length]));
      const count = lengths.length === 0 ? 1 : Math.min(...lengths);
      return Array.from({ length: count }, (_, at) =>
        results.map((one) => (typeof one === 'string' ? one : (one[at] as ByteString))).join(delimiter),
      );
    };
  }

  /** All results one behind another. @throws Error as `combined` */
  flat(given: ByteString): (task: Task) => readonly ByteString[] {
    const run = this.#compile(given);
    return (task) => (run(task) ?? []).flat();
  }

  /** Of every two selectors the first gives a name, the second what it stands for. @throws Error as `combined` */
  pairs(given: ByteString): (task: Task) => Readonly<Record<string, ByteString | readonly ByteString[]>> | undefined {
    const run = this.#compile(given);
    return (task) => {
      const results = run(task);
      if (results === undefined || results.length % 2 !== 0) return undefined;
      const pairs = Array.from({ length: results.length / 2 }, (_, at) => {
        const name = results[2 * at];
        return [typeof name === 'string' ? name : (name ?? []).join(''), results[2 * at + 1] ?? ''] as const;
      });
      return Object.fromEntries(pairs);
    };
  }

  /** @returns what gives undefined where one of the selectors gives nothing */
  #compile(given: ByteString): (task: Task) => Results | undefined {
    const runs = parseSelectors(given).map((selector) => this.#one(selector));
    return (task) => {
      const results: (ByteString | readonly ByteString[])[] = [];
      for (const run of runs) {
        const value = run(task);
        if (value === undefined) return undefined;
        results.push(value.list ? value.items.map(textOf) : textOf(value.item));
      }
      return results;
    };
  }

  #one({ extractor, method, transforms: calls }: ParsedSelector): (task: Task) => Value | undefined {
    const make = own(extractors, extractor.name);
    if (make === undefined) throw new Error(`selector ${JSON.stringify(extractor.name)} is not known here`);
    const extract = make(new Arguments(extractor), this.#world);
    const steps: Transform[] = [];
    const [first, ...others] = calls;
    const object = method === undefined && first !== undefined ? own(objectTransforms, first.name) : undefined;
    if (method !== undefined) steps.push(methodCall(method.name, new Arguments(method).texts()));
    else if (object !== undefined) steps.push(object(new Arguments(first as Call), this.#world));
    // A filter by a method needs the objects, which it hands on.
    else if (first?.name !== 'filter_method') steps.push(asText);
    for (const call of object === undefined ? calls : others) steps.push(this.#transform(call));
    return (task) => {
      let value = extract(task);
      for (const step of steps) {
        if (value === undefined) return undefined;
        value = step(value);
      }
      return value;
    };
  }

  #transform(call: Call): Transform {
    const make = own(transforms, call.name);
    if (make === undefined) throw new Error(`transform ${JSON.stringify(call.name)} of a selector is not known here`);
    return make(new Arguments(call), this.#world);
  }
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Texts for objects. */
const asText: Transform = (value) => {
  if (value.kind === 'string') return value;
  return value.list ? texts(value.items.map(textOf)) : { list: false, kind: 'string', item: textOf(value.item) };
};
