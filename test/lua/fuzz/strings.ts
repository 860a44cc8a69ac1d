import type { Random } from './random.ts';

const subjects = [
  '',
  'a',
  'abc',
  'hello world',
  'aaa',
  'key = value',
  '[[x]]',
  'f(a(b)c)d',
  'THE (quick) fox',
  'a.b-c',
  '  pad  ',
  '12 34.5',
  'x\\0y',
  '\\195\\169\\255',
  'a\\nb',
  '%d%%',
  'abab',
  'a,b,,c',
  '$name is $(x)',
  '^a$',
];

const classes = [
  'a',
  'b',
  '.',
  '%a',
  '%d',
  '%s',
  '%w',
  '%p',
  '%l',
  '%u',
  '%x',
  '%S',
  '%W',
  '[abc]',
  '[^a]',
  '[a-c]',
  '[%w_]',
  '[%-x]',
  '[]]',
  '[^%s]',
  '%.',
  '%%',
  '%(',
  ' ',
  '=',
  '-',
  '$',
  '^',
  '%z',
  '[\\128-\\255]',
  '%1',
  'x',
];
const repeats = ['', '', '', '*', '+', '-', '?'];

function pattern(r: Random, depth = 2): string {
  const item = (): string => {
    switch (r.int(0, 11)) {
      case 0:
        return depth > 0 ? `(${pattern(r, depth - 1)})` : '()';
      case 1:
        return '()';
      case 2:
        return r.pick(['%b()', '%b[]', '%f[%a]', '%f[%w]', '%bxy', '%f[^%s]']);
      case 3:
        return r.chance(0.15)
          ? r.pick(['[a', '%', '(', ')', '%f', '%b', '%b(', '[^', '[%', '%2', '%0'])
          : `${r.pick(classes)}${r.pick(repeats)}`;
      default:
        return `${r.pick(classes)}${r.pick(repeats)}`;
    }
  };
  const body = r.list(0, 4, item).join('');
  return `${r.chance(0.2) ? '^' : ''}${body}${r.chance(0.15) ? '$' : ''}`;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;

const replacements = [
  '"-"',
  '"<%0>"',
  '"%1"',
  '"%2%1"',
  '"%%"',
  '{a = "A", b = false, x = 1, ["12"] = "n"}',
  'function(...) return (select("#", ...)) end',
  'function(x) return x and x .. "!" end',
  'function() end',
  'string.upper',
  '"%x"',
  '"%"',
  '5',
  'function() return {} end',
  'true',
];

/** Searches and substitutions on random subjects with random patterns. */
export function patternProgram(r: Random): string {
  const lines = r.list(1, 6, () => {
    const s = quoted(r.pick(subjects));
    const p = quoted(pattern(r));
    switch (r.int(0, 4)) {
      case 0:
        return `try(string.find, ${s}, ${p}${r.pick(['', ', 2', ', -2', ', 10', ', 1, true', ', 0'])})`;
      case 1:
        return `try(string.match, ${s}, ${p}${r.pick(['', ', 3', ', -1'])})`;
      case 2:
        return `try(string.gsub, ${s}, ${p}, ${r.pick(replacements)}${r.pick(['', ', 1', ', 2', ', 0', ', -1'])})`;
      case 3:
        return `try(function() local r = {} for x, y in (${s}):gmatch(${p}) do r[#r + 1] = show(x, y) if #r > 20 then break end end return table.concat(r, ";") end)`;
      default:
        return `try(function() return (${s}):${r.pick(['rep', 'sub', 'byte', 'find', 'upper', 'reverse', 'len'])}(${r.pick(['', '1', '2, 3', '-2', '0', '"x"', '1, -1', '3, 2', '2, nil', '1e10', '-1e10', '1.9', '"2"'])}) end)`;
    }
  });
  return `local out = {}
local function try(f, ...) out[#out + 1] = show(pcall(f, ...)) end
${lines.join('\n')}
return table.concat(out, "\\n")`;
}

const formatValues = [
  '0',
  '1',
  '-1',
  '3.14159',
  '1e10',
  '-2.5',
  '0.125',
  '1e100',
  '1/0',
  '-1/0',
  '0/0',
  '123456',
  '"abc"',
  '"12"',
  'nil',
  'true',
  '-0.0',
  '2^31',
  '2^53',
  '2^63',
  '1e-5',
  '255',
  '1e15',
  '0.1',
  '99999.5',
  '-2^63',
  '65',
  '"a\\0b\\n"',
  '5e-324',
  '1.7976931348623157e308',
];

/** Formats with random flags, widths and precisions. */
export function formatProgram(r: Random): string {
  const spec = (): string => {
    const flags = r.list(0, 2, () => r.pick(['-', '+', ' ', '#', '0'])).join('');
    const width = r.chance(0.4) ? `${r.int(1, 15)}` : '';
    const precision = r.chance(0.4) ? `.${r.chance(0.2) ? '' : r.int(0, 20)}` : '';
    return `%${flags}${width}${precision}${r.pick(['d', 'i', 'u', 'x', 'X', 'o', 'c', 'e', 'E', 'f', 'g', 'G', 's', 'q', 'a', 'A', '%', r.chance(0.1) ? 'y' : 'd'])}`;
  };
  const lines = r.list(2, 8, () => {
    const text = r.list(1, 2, spec).join(r.pick(['', ' ', '|']));
    return `try(string.format, "${text}", ${r.list(1, 3, () => r.pick(formatValues)).join(', ')})`;
  });
  const conversions = r.list(
    1,
    4,
    () =>
      `try(tonumber, ${r.pick(numberTexts(r))}${r.chance(0.3) ? `, ${r.pick(['10', '16', '2', '36', '8', '1', '37'])}` : ''})`,
  );
  return `local out = {}
local function try(f, ...) out[#out + 1] = show(pcall(f, ...)) end
${[...lines, ...conversions].join('\n')}
out[#out + 1] = tostring(${r.pick(formatValues)}) .. ${r.pick(formatValues.filter((one) => /^[-\d("]/.test(one)))}
return table.concat(out, "\\n")`;
}

function numberTexts(r: Random): string[] {
  const digits = r
    .list(0, 6, () => r.pick(['0', '1', '9', 'a', 'f', 'x', '.', 'e', '-', '+', ' ', 'p', 'i', 'n']))
    .join('');
  const number = `${r.pick(['', '-', '+', ' '])}${r.pick(['', '0x', '0b', '0'])}${r.int(0, 99999)}${r.pick(['', '.', '.5', 'e5', 'e-3', '.25e2', 'p3', 'LL', ' ', 'z'])}`;
  return [`"${digits}"`, `"${number}"`, `"${number}"`, '"inf"', '"nan"', '"0x.8p1"', '"1e400"', '"0x1p-1074"'];
}
