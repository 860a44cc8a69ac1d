import { get, type UclObject } from '../../../ucl/index.ts';
import { evaluate, parseExpression } from '../../expression/index.ts';
import type { ByteString } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { type Lookup, type MapReader, mapKindOf } from '../maps.ts';
import { pairsOf, sectionOption, textOption } from '../options.ts';
import type { Selectors } from '../selectors/index.ts';
import { nameAt } from './condition.ts';

/** A part of a combined map that found something. */
export interface Hit {
  readonly part: string;
  readonly key: ByteString;
  readonly entries: readonly string[];
}

interface Part {
  readonly name: string;
  readonly select: (task: Task) => readonly ByteString[];
  readonly map: Lookup;
}

/**
 * Several selectors with their maps, and an expression of their names (rspamd: lualib/lua_maps_expressions.lua).
 * @returns what finds the parts that the expression asked for; none where it does not hold
 * @throws Error that says what cannot be used
 */
export function readCombined(
  section: UclObject,
  maps: MapReader,
  selectors: Selectors,
): (task: Task) => Promise<readonly Hit[]> {
  const parts = new Map<string, Part>();
  for (const [name, value] of pairsOf(sectionOption(section, 'rules'))) {
    if (value.type === 'object') parts.set(name, readPart(name, value, maps, selectors));
  }
  const text = textOption(section, 'expression');
  if (parts.size === 0 || text === undefined) throw new Error('a combined map needs rules and an expression');
  const expression = parseExpression(text, (source, at) => {
    const { atom: name, length } = nameAt(source, at);
    const atom = parts.get(name);
    if (atom === undefined) throw new Error(`its expression names ${JSON.stringify(name)}, which is none of its rules`);
    return { atom, length };
  });
  return async (task) => {
    const found = new Map<Part, Hit | undefined>();
    for (const { atom } of expression.atoms) if (!found.has(atom)) found.set(atom, await hitOf(atom, task));
    const asked = new Set<Hit>();
    const value = evaluate(
      expression,
      (part) => {
        const hit = found.get(part);
        if (hit !== undefined) asked.add(hit);
        return hit === undefined ? 0 : 1;
      },
      false,
    );
    return value > 0 ? [...asked] : [];
  };
}

function readPart(name: string, section: UclObject, maps: MapReader, selectors: Selectors): Part {
  const [selector, value] = [textOption(section, 'selector'), get(section, 'map')];
  if (selector === undefined || value === undefined) throw new Error(`its rule ${name} needs a selector and a map`);
  const given = textOption(section, 'type');
  const kind = given === undefined ? usualKind(name) : mapKindOf(given);
  if (kind === undefined) throw new Error(`its rule ${name} has a map of type ${given}, which there is not`);
  const map = maps.lookup(value, kind);
  if (map === undefined) throw new Error(`the map of its rule ${name} cannot be used`);
  return { name, select: selectors.combined(selector), map };
}

/** What the name lets one guess. */
function usualKind(name: string): 'radix' | 'regexp' | 'set' {
  if (name.includes('ip')) return 'radix';
  return /regexp|re_|glob/.test(name) ? 'regexp' : 'set';
}

async function hitOf({ name, select, map }: Part, task: Task): Promise<Hit | undefined> {
  for (const key of select(task)) {
    const entries = await map.find(key);
    if (entries.length > 0) return { part: name, key, entries };
  }
  return undefined;
}
