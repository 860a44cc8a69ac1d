import { type Budget, formatString, LuaArguments, type LuaValue } from '../../lua/index.ts';
import type { TemplateTools } from '../data.ts';
import { type Filter, FilterArguments } from './arguments.ts';
import { stringFilters } from './strings.ts';
import { tableFilters } from './tables.ts';
import { valueFilters } from './values.ts';

export type { Filter } from './arguments.ts';
export { encryptPassword } from './pbkdf.ts';

/** All filters by name. */
export function filtersFor(budget: Budget, tools: TemplateTools): ReadonlyMap<string, Filter> {
  const filters = new Map<string, Filter>();
  const tables = [
    stringFilters(budget),
    tableFilters(budget, (name) => filters.get(name)),
    valueFilters(tools),
    { format: (args: FilterArguments) => formatString(new LuaArguments('format', args.values)) },
  ];
  for (const table of tables) {
    for (const [name, run] of Object.entries(table)) {
      filters.set(name, (values) => {
        const result = run(new FilterArguments(name, values));
        return Array.isArray(result) ? (result as readonly LuaValue[]) : [result as LuaValue];
      });
    }
  }
  return filters;
}
