import { expression, literal, type Names, prelude, table } from './expressions.ts';
import type { Random } from './random.ts';

/** Writes random statements that end: loops are bounded, recursion has a counter. */
class Writer {
  readonly #r: Random;
  #names: string[];
  #labels = 0;
  #functions = 0;

  constructor(r: Random) {
    this.#r = r;
    this.#names = ['a', 'b', 'c', 't', 'upvalue'];
  }

  #scope(): Names {
    return { variables: this.#names, isVararg: false };
  }

  #expression(depth = 2): string {
    return expression(this.#r, this.#scope(), this.#r.int(0, depth));
  }

  #condition(): string {
    const r = this.#r;
    return r.chance(0.5)
      ? `i${r.int(0, 1) === 0 ? '' : ' and n'} ~= nil`
      : `tostring(${this.#expression(1)}) < "${r.pick(['1', 'a', 'n', 't'])}"`;
  }

  block(depth: number): string {
    const outer = this.#names;
    this.#names = [...outer];
    const code = this.#r.list(1, 4, () => this.statement(depth)).join('\n');
    this.#names = outer;
    return code;
  }

  #fresh(): string {
    const name = this.#r.pick(['a', 'b', 'c', 'd', 'e']);
    return name;
  }

  statement(depth: number): string {
    const r = this.#r;
    const simple = depth <= 0;
    switch (r.int(0, simple ? 6 : 17)) {
      case 0: {
        const value = this.#expression();
        const name = this.#fresh();
        this.#names.push(name);
        return `local ${name} = ${value}`;
      }
      case 1:
        return `${r.pick(this.#names)} = ${this.#expression()}`;
      case 2: {
        const [x, y] = [r.pick(this.#names), r.pick(this.#names)];
        return `${x}, ${y} = ${this.#expression(1)}, ${this.#expression(1)}`;
      }
      case 3:
        return `log(${this.#expression()})`;
      case 4:
        return `t[${this.#expression(1)}] = ${this.#expression(1)}`;
      case 5:
        return `t.${r.pick(['x', 'y', 'z'])}${r.chance(0.1) ? '.w' : ''} = ${this.#expression(1)}`;
      case 6: {
        const value = r.pick(['two()', 'none()', 'ident(1,2,3)', 'ident()', '1, two()']);
        this.#names.push('d', 'e');
        return `local d, e, f2 = ${value}`;
      }
      case 7:
        return `if ${this.#condition()} then\n${this.block(depth - 1)}\n${r.chance(0.4) ? `elseif ${this.#condition()} then\n${this.block(depth - 1)}\n` : ''}${r.chance(0.5) ? `else\n${this.block(depth - 1)}\n` : ''}end`;
      case 8:
        return this.#loop(
          depth,
          `for i = ${r.pick(['1', '3', '0', '-1', '"1"'])}, ${r.pick(['3', '0', '2.5', '-2', '"2"'])}${r.pick(['', '', ', 1', ', -1', ', 0.5', ', 2'])} do`,
        );
      case 9:
        return this.#loop(
          depth,
          `for i, n in ${r.pick(['ipairs{4,5,nil,6}', 'ipairs(t)', 'pairs{7,8,9}', 'pairs{k=1}', 'next, {1,2}', 'ipairs(t.list)', 'counter(3)', 'ident(next, {5})'])} do`,
        );
      case 10: {
        const limit = `lim${this.#labels++}`;
        return `local ${limit} = 0\n${this.#loop(depth, `while ${limit} < ${r.int(0, 3)} do ${limit} = ${limit} + 1`)}`;
      }
      case 11: {
        const limit = `lim${this.#labels++}`;
        const body = this.block(depth - 1);
        return `local ${limit} = 0\nrepeat\nlocal stop = ${limit} >= ${r.int(0, 2)}; ${limit} = ${limit} + 1\n${body}\nuntil stop${r.chance(0.3) ? ' or t == nil' : ''}`;
      }
      case 12:
        return `do\n${this.block(depth - 1)}\nend`;
      case 13:
        return this.#closure(depth);
      case 14:
        return this.#gotoBlock(depth);
      case 15:
        return `local ok, err = pcall(function() ${this.block(depth - 1)} end) log(ok, err)`;
      case 16:
        return `local v = ${table(r, this.#scope(), 1)} log(#v, v.x, v[1])`;
      default:
        return `fns[#fns + 1] = function(x) ${r.pick(this.#names)} = x; return ${this.#names.slice(-3).join(', ')} end`;
    }
  }

  #loop(depth: number, head: string): string {
    const r = this.#r;
    const names = this.#names;
    this.#names = [...names, 'i'];
    const label = this.#labels++;
    const usesContinue = r.chance(0.3);
    const skip = usesContinue ? `if ${this.#condition()} then goto continue${label} end\n` : '';
    const stop = r.chance(0.3) ? `if ${this.#condition()} then break end\n` : '';
    const capture = r.chance(0.4) ? 'fns[#fns + 1] = function(x) if x then i = x end return i end\n' : '';
    const body = this.block(depth - 1);
    this.#names = names;
    return `${head}\n${head.startsWith('for') ? '' : 'local i = 1\n'}${capture}do\n${skip.replace(/continue\d+/, `inner${label}`)}${body}\n${usesContinue ? `::inner${label}::\n` : ''}end\n${stop}end`;
  }

  #closure(depth: number): string {
    const r = this.#r;
    const name = `fn${this.#functions++}`;
    const parameters = r.pick(['', 'p', 'p, q', '...', 'p, ...']);
    const names = this.#names;
    this.#names = [...names, ...(parameters.match(/[pq]/g) ?? [])];
    const body = this.block(depth - 1);
    const result = r.pick([
      '',
      'return p',
      `return ${this.#expression(1)}`,
      parameters.includes('...') ? 'return ...' : 'return p, q',
      `return ident(${this.#expression(1)})`,
    ]);
    this.#names = names;
    const call = `log(${name}(${r.list(0, 3, () => this.#expression(1)).join(', ')}))`;
    return `local function ${name}(${parameters})\n${body}\n${result}\nend\n${call}`;
  }

  #gotoBlock(depth: number): string {
    const label = this.#labels++;
    const count = `jumps${label}`;
    return `local ${count} = 0
::top${label}::
do
local kept = ${count}
fns[#fns + 1] = function() kept = kept + 1 return kept end
${count} = ${count} + 1
${this.block(depth - 1)}
if ${count} < ${this.#r.int(1, 3)} then goto top${label} end
${this.#r.chance(0.4) ? `if ${count} == 2 then goto out${label} end` : ''}
end
::out${label}::
log(${count})`;
  }
}

const helpers = `
local out, fns = {}, {}
local function log(...) if #out < 200 then out[#out + 1] = show(...) end end
local function counter(n) local i = 0 return function() i = i + 1 if i <= n then return i, i * i end end end
`;

/** A program of statements that logs what it sees; the log and the end, or the error, are compared. */
export function statementProgram(r: Random): string {
  const writer = new Writer(r);
  const declared = ['a', 'b', 'c'].map((name) => `local ${name} = ${literal(r)}`).join('\n');
  const body = r.list(2, 6, () => `do ${writer.statement(3)}\nend`).join('\n');
  return `${prelude}${helpers}${declared}
local ok, err = pcall(function()
${body}
end)
for i = 1, math.min(#fns, 10) do log(pcall(fns[i])) log(pcall(fns[i], i)) log(pcall(fns[i])) end
return table.concat(out, "\\n"), ok, err, show(a, b, c, upvalue)`;
}
