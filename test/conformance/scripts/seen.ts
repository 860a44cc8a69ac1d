import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Compared } from '../../../src/message/comparison.ts';
import { CompareScripts } from '../../../src/scripts/index.ts';
import { comparison, LineLog } from '../../support/script-runner.ts';

/** A compare script that writes what it is given for the mirror `lab` into a file, as JSON. */
export const dumper = (file: string): string => `
local ucl = require 'ucl'
local function quoted(s)
  return '"' .. s:gsub('[%c"\\\\]', function(c) return ('\\\\u%04x'):format(c:byte()) end) .. '"'
end
local show
local function list(t, one, open, close)
  local items = {}
  one(t, items)
  return open .. table.concat(items, ',') .. close
end
local function elements(t, items) for i = 1, #t do items[i] = show(t[i]) end end
local function fields(t, items)
  for k, v in pairs(t) do items[#items + 1] = quoted(k) .. ':' .. show(v) end
end
function show(v)
  if v == ucl.null then return 'null' end
  if type(v) == 'string' then return quoted(v) end
  if type(v) == 'boolean' then return tostring(v) end
  if type(v) == 'function' then return '{"$function":' .. quoted(tostring(v())) .. '}' end
  if type(v) == 'number' then
    return v - v == 0 and ('%.17g'):format(v) or quoted('number:' .. tostring(v))
  end
  local class = getmetatable(v).class
  if class == 'ucl.type.object' then return list(v, fields, '{', '}') end
  return list(v, elements, '[', ']')
end
return function(results)
  local f = assert(io.open('${file}', 'w'))
  f:write(show(results.lab))
  f:close()
end
`;

/** What a compare script is given for a mirror. */
export async function seenOf(mirror: Compared): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-parser-'));
  const file = join(folder, 'seen.json');
  const script = { kind: 'compare', name: 'dump', chunk: '=dump', text: dumper(file) } as const;
  const logger = new LineLog();
  const scripts = new CompareScripts({
    scripts: [script],
    paths: {},
    config: undefined,
    timeout: 30_000,
    logger,
    debugModules: [],
  });
  try {
    const given = comparison({ master: {} });
    scripts.compared({ ...given, results: new Map([...given.results, ['lab', mirror]]) });
    await scripts.done();
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    return `${(cause as Error).message}; ${logger.lines.map(({ text }) => text).join('; ')}`;
  } finally {
    await scripts.close();
    rmSync(folder, { recursive: true });
  }
}
