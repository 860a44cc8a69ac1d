import type { Random } from './random.ts';

/**
 * Operations on one table, with `#` after each: holes and sizes have to come out as in LuaJIT. The hash of strings
 * differs from process to process, so tables with string keys get no nil and are shown in sorted order; without them
 * the order of traversal is compared, too.
 */
export function tableProgram(r: Random): string {
  const hasStrings = r.chance(0.3);
  const nil = hasStrings ? '3' : 'nil';
  const item = (): string => r.pick(['1', '"s"', nil, 'true', 'n']);
  const items = (most: number): string => r.list(0, most, item).join(',');
  const start = r.pick([
    '{}',
    '{1,2,3}',
    `{1,${nil},3}`,
    `{${nil},${nil},3}`,
    hasStrings ? '{n=1}' : '{[10]=1,[20]=2,[30]=3}',
    `{1,2,${nil},4}`,
    `{${items(8)}}`,
    `{${items(6)}, ${hasStrings ? 'x=1' : '[5]=1'}}`,
    '{[1]=1,[2]=2,[4]=4}',
    `{ident(1,2,${nil},4)}`,
    '{n, n, n, ident()}',
  ]);
  const key = (): string =>
    `${r.pick([r.int(0, 10), r.int(1, 5), r.int(1, 20), '#t + 1', '#t', hasStrings ? '"x"' : 7, hasStrings ? '"y"' : 100, '2.5', -1, 'true'])}`;
  const traversals = [
    'try(next, t)',
    'try(next, t, 1)',
    'try(next, t, 50)',
    'for k in pairs(t) do if type(k) == "number" then t[k] = n end end',
  ];
  const operation = (): string => {
    switch (r.int(0, 11)) {
      case 0:
      case 1:
      case 2:
        return `t[${key()}] = ${r.pick(['1', '2', '"v"', nil, nil, 'n'])}`;
      case 3:
        return `try(table.insert, t, ${r.pick(['1', '"ins"', `${r.int(1, 6)}, "at"`, '#t, 9', nil, ''])})`.replace(
          ', )',
          ')',
        );
      case 4:
        return hasStrings
          ? 'try(table.maxn, t)'
          : `try(table.remove, t${r.pick(['', `, ${r.int(0, 6)}`, ', #t', ', 1'])})`;
      case 5:
        return `try(table.concat, t, "${r.pick(['', ',', '--'])}"${r.pick(['', ', 1', ', 2, 3', ', 1, 2'])})`;
      case 6:
        return `try(unpack, t${r.pick(['', ', 1, 3', ', 2'])})`;
      case 7:
        return `for i = 1, ${r.int(1, 9)} do t[${r.pick(['i', 'i', '#t + 1', 'i * 2', `${r.int(5, 9)} - i`])}] = ${r.pick(['i', nil, '"f"'])} end`;
      case 8:
        return 'try(walk, t)';
      case 9:
        return hasStrings
          ? 'try(ipairs_list, t)'
          : `for k in pairs(t) do if ${r.pick(['type(k) == "number"', 'k ~= 1', 'true'])} then t[k] = ${r.pick(['nil', 'nil', 'n'])} end end`;
      case 10:
        return hasStrings ? 'try(table.getn, t)' : r.pick(traversals);
      default:
        return r.pick([
          'try(table.sort, num)',
          'try(table.sort, num, function(a, b) return a > b end)',
          'try(table.sort, rows, function(a, b) return a.k < b.k end)',
          'try(table.sort, t)',
          'try(table.sort, rows, function() return true end)',
        ]);
    }
  };
  const numbers = r.list(0, 14, () => `${r.int(-5, 9)}`);
  return `local n, out = 7, {}
local function ident(...) return ... end
local function try(f, ...) out[#out + 1] = show(pcall(f, ...)) end
local function walk(t) local r = {} for k, v in pairs(t) do r[#r + 1] = tostring(k) .. "=" .. tostring(v) end ${hasStrings ? 'table.sort(r)' : ''} return table.concat(r, " ") end
local function ipairs_list(t) local r = {} for i, v in ipairs(t) do r[i] = tostring(v) end return table.concat(r, " ") end
local t = ${start}
local num = {${numbers.join(',')}}
local rows = {}
for i = 1, ${r.int(0, 25)} do rows[i] = {k = i % ${r.int(1, 5)}, i = i} end
out[1] = tostring(#t)
${r.list(2, 12, () => `${operation()}\nout[#out + 1] = "#" .. #t`).join('\n')}
out[#out + 1] = walk(t)
out[#out + 1] = table.concat(num, " ")
for i, row in ipairs(rows) do out[#out + 1] = row.i end
return table.concat(out, "\\n")`;
}
