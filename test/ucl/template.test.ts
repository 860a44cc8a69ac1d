import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineAndColumn, loadText, parseText, renderDiagnostic } from '../../src/ucl/index.ts';
import { folderOf } from './support.ts';

const world = {
  env: new Map<string, unknown>([
    ['X', 'value'],
    ['EMPTY', ''],
    ['PORT', '11332'],
    ['FLAG', true],
    ['hosts', ['b', 'a', 'c']],
    ['limits', { soft: 1, hard: { cpu: 2 } }],
    [
      'people',
      [
        { name: 'Ann', age: 30 },
        { name: 'Bob', age: 25 },
        { name: 'Cy', age: 30 },
      ],
    ],
  ]),
  paths: new Map([['CONFDIR', '/etc/r']]),
};

/** What a template puts out. */
function render(template: string, cwd = '/'): string {
  const { diagnostics, sources } = parseText(template, { template: world, cwd });
  const [source] = sources;
  // Where the pass has failed, the source is the template itself.
  const failed = /\{[=%#]/.test(template) && source?.origin === undefined;
  assert.ok(!failed, `${template}: ${diagnostics[0]?.message}`);
  return source?.text ?? '';
}

/** The message of a template that fails, with its place. */
function failure(template: string, cwd = '/'): string {
  const { value, diagnostics } = parseText(template, { template: world, cwd });
  assert.equal(value, undefined, `${template} is rendered`);
  const [first] = diagnostics;
  assert.ok(first !== undefined);
  const { line, column } = lineAndColumn(first.at);
  return `${line}:${column} ${first.message}`;
}

function renders(title: string, cases: readonly (readonly [template: string, text: string])[]): void {
  test(title, { timeout: 60_000 }, () => {
    for (const [template, text] of cases) assert.equal(render(template), text, JSON.stringify(template));
  });
}

function fails(title: string, cases: readonly (readonly [template: string, message: string])[]): void {
  test(title, { timeout: 60_000 }, () => {
    for (const [template, message] of cases) assert.equal(failure(template), message, JSON.stringify(template));
  });
}

renders('expressions', [
  ['{= X =}', 'value'],
  ['{= env.X =}{= env["X"] =}{= paths.CONFDIR =}', 'valuevalue/etc/r'],
  ['{=nosuch=}{= env.nosuch =}{= nil =}', ''],
  ['{= FLAG =}{= not FLAG =}', 'truefalse'],
  ['{= 2 + 3 * 4 =} {= (2 + 3) * 4 =} {= 7 / 2 =} {= 2 ^ 3 ^ 2 =} {= -2 ^ 2 =}', '14 20 3.5 512 -4'],
  ['{= 7 % 3 =} {= -7 % 3 =} {= 7 % -3 =}', '1 2 -2'],
  ['{= "a" .. 1 .. "b" =}', 'a1b'],
  ['{= 1 < 2 and "yes" or "no" =}', 'yes'],
  ['{= 1 == "1" =} {= "a" ~= "b" =} {= "a" < "b" =} {= 2 >= 2 =}', 'false true true true'],
  ['{= PORT + 1 =} {= "0x10" * 1 =}', '11333 16'],
  ['{= #X =} {= #hosts =}', '5 3'],
  ['{= hosts[1] =}{= limits.hard.cpu =}{= ({10, 20})[2] =}{= ({a = {b = 5}}).a["b"] =}', 'b2205'],
  ["{= 'it' =}", 'it'],
  ['{= "tab\\t\\65\\x42\\"" =}{= [[raw\\n]] =}{= [==[a]]b]==] =}', 'tab\tAB"raw\\na]]b'],
  ['{= X:upper() =}{= ("ab"):rep(2) =}{= X:sub(2, -2) =}', 'VALUEababalu'],
  ['{= 1e3 =} {= 0.1 =} {= 1/3 =} {= 1e100 =} {= 1e15 =} {= 3.0 =}', '1000 0.1 0.33333333333333 1e+100 1e+15 3'],
  ['{= 1/0 =} {= -1/0 =} {= 0/0 =}', 'inf -inf nan'],
  ['{= 1, 2 =}{= (X) =}', '1value'],
  ['{= 5 -- a comment\n=}', '5'],
]);

renders('text and delimiters', [
  ['a\r\nb\r\n{= 1 =}\r\n', 'a\nb\n1\n'],
  ['{{ x }} { % } =} %} #}', '{{ x }} { % } =} %} #}'],
  ['a {# comment {= X =} #} b', 'a  b'],
  ['a {#- c -#}  b', 'ab'],
  ['a  {=- X -=}  b', 'avalueb'],
  ['{% raw %}{= X =}{% if %}{% endraw %}', '{= X =}{% if %}'],
  ['{% raw -%}  a  {%- endraw %}', 'a'],
  ['{= ({a = 1}).a =}', '1'],
  ['{% set t = {a = {b = "}"}} %}{= t.a.b =}', '}'],
]);

renders('conditions and loops', [
  ['{% if X == "value" %}a{% elseif FLAG %}b{% else %}c{% endif %}', 'a'],
  ['{% if nosuch %}a{% elseif FLAG %}b{% else %}c{% endif %}', 'b'],
  ['{% if EMPTY == "" %}empty{% endif %}', 'empty'],
  ['{% for h in hosts %}{= loop.index =}{= h =}{= loop.last and "" or "," =}{% endfor %}', '1b,2a,3c'],
  ['{% for h in hosts if h ~= "a" %}{= h =}{= loop.index0 =}{% endfor %}', 'b0c1'],
  ['{% for h in {} %}x{% else %}none{% endfor %}', 'none'],
  ['{% for k, v in pairs(limits) %}{= k =};{% endfor %}', 'soft;hard;'],
  ['{% for i, h in ipairs(hosts) %}{= i =}{= h =}{% endfor %}', '1b2a3c'],
  ['{% for a, b in {{1, 2}, {3, 4}} %}{= a + b =},{% endfor %}', '3,7,'],
  ['{% for p in people %}{= loop.cycle("odd", "even") =} {% endfor %}', 'odd even odd '],
  ['{% for h in hosts -%}  {= h =}  {%- endfor %}|', 'bac|'],
  ['{% for h in hosts %}{% set seen = h %}{% endfor %}{= seen =}', ''],
  [
    '{% for n in {1, {2, {3}}} %}{% if is_table(n) %}({= loop(n) =}){% else %}{= n =}{% endif %}{% endfor %}',
    '1(2(3))',
  ],
]);

renders('set, do, macro, call, filter, block', [
  ['{% set a = 1 %}{% set b = a + 1 %}{= b =}', '2'],
  ['{% set a = X|upper %}{= a =}', 'VALUE'],
  ['{% do table.insert(hosts, "d") %}{= #hosts =}', '4'],
  ['{% do q = 5; limits.soft = q + 1 %}{= limits.soft =}', '6'],
  ['{% macro f(a, b=2) %}<{= a =}{= b =}>{% endmacro %}{= f(1) =}{= f(3, 4) =}{= f() =}', '<12><34><2>'],
  ['{% macro f(a) %}{= a =}{= #varargs =}{% endmacro %}{= f(1, 2, 3) =}', '12'],
  ['{% macro w(t) %}[{= t =}{= caller("z") =}]{% endmacro %}{% call(v) w("q") %}-{= v =}{% endcall %}', '[q-z]'],
  ['{% filter upper %}a{= X =}{% endfilter %}', 'AVALUE'],
  ['{% filter replace("a", "o")|upper %}banana{% endfilter %}', 'BONONO'],
  ['{% block b %}x{% endblock %}{= self.b() =}', 'xx'],
]);

renders('filters of text', [
  ['{= X|upper =}{= "ABC"|lower =}{= "fOO bar"|capitalize =}{= "foo bar"|title =}', 'VALUEabcFoo barFoo Bar'],
  ['{= "  a  "|trim =}|{= "ab"|center(6) =}|', 'a|  ab  |'],
  ['{= "one two three"|truncate(6) =}{= "one two three"|truncate(6, true, "~") =}', 'one ...one tw~'],
  ['{= "aa bb cc"|wordwrap(5) =}', 'aa bb\ncc'],
  ['{= "a,b"|split(",")|join("+") =}{= "a  b"|split|length =}{= "a b c"|wordcount =}', 'a+b23'],
  ['{= "<a&\'>"|escape =}{= "<"|e =}{= "<"|forceescape =}{= "<"|safe =}', '&lt;a&amp;&#39;&gt;&lt;&lt;<'],
  ['{= "a b"|urlencode =}{= {{"k", "v w"}}|urlencode =}', 'a%20bk=v%20w'],
  ['{= "<b>x</b>  y"|striptags =}{= "http://h/p"|urlize =}', 'x y<a href="http://h/p">http://h/p</a>'],
  ['{= [[a\nb]]|indent(2) =}|{= [[a]]|indent(2, true) =}', 'a\n  b|  a'],
  ['{= "banana"|replace("a", "o") =}{= "banana"|replace("a", "o", 1) =}{= "ab"|reverse =}', 'bononobonanaba'],
  ['{= "%05.1f-%s"|format(3.14159, "x") =}{= 2048|filesizeformat(true) =}', '003.1-x2.0 KiB'],
]);

renders('filters of tables', [
  ['{= hosts|sort|join(",") =} {= hosts|sort(true)|join =} {= hosts|reverse|first =}', 'a,b,c cba c'],
  ['{= {1, 2, 3}|sum =}{= {1, 5, 3}|max =}{= {4, 2}|min =}{= hosts|last =}{= hosts|length =}', '652c3'],
  ['{= people|mapattr("name")|join(",") =} {= people|sum("age") =}', 'Ann,Bob,Cy 85'],
  ['{= {"1", "2"}|map("int")|sum =}{= {1, 2, 3}|select(is_odd)|join =}{= {1, 2, 3}|reject(is_odd)|join =}', '3132'],
  ['{= people|selectattr("age", is_gt, 26)|length =}{= people|rejectattr("age", is_gt, 26)|length =}', '21'],
  ['{% for age, group in people|groupby("age") %}{= age =}:{= #group =};{% endfor %}', '30:2;25:1;'],
  ['{% for row in hosts|batch(2, "-") %}[{= row|join =}]{% endfor %}', '[ba][c-]'],
  ['{% for row in range(5)|slice(2) %}[{= row|join =}]{% endfor %}', '[123][45]'],
  ['{= {3, 1, 3, "A", "a"}|unique|string =}', '{3, 1, "A"}'],
  ['{= {b = 2, a = 1}|dictsort|string =}{= {a = 1}|items|string =}', '{{"a", 1}, {"b", 2}}{{"a", 1}}'],
  ['{= {a = 1}|keys|join =}{= {a = 7}|values|join =}{= {a = "<"}|xmlattr =}', 'a7a="&lt;"'],
  ['{= {{1}, {2, "x"}}|string =}{= {5}|random =}{= range(3)|batch(2)|list|string =}', '{{1}, {2, "x"}}5{{1, 2}, {3}}'],
]);

renders('filters of values', [
  ['{= nosuch|default("d") =}{= X|default("d") =}[{= EMPTY|default("d") =}]', 'dvalue[]'],
  ['{= false|default("d") =}{= false|default("d", true) =}', 'falsed'],
  ['{= env.nosuch | default "https://h" =}/x', 'https://h/x'],
  ['{= "3.7"|int =}{= -3|abs =}{= 2.567|round(2) =}{= 2.1|round(0, "ceil") =}{= "2.5"|float =}', '332.5732.5'],
  ['{= X|mandatory =}{= PORT|require_int =}{= "1.5"|require_number =}{= "yes"|require_bool =}', 'value113321.5yes'],
  ['{= "5min"|require_duration =} {= "250ms"|require_duration =} {= "10"|require_duration =}', '300 0.25 10'],
  ['{= "10Mb"|require_size =} {= "10Mb"|tobytes =} {= "1.5kb"|tobytes =}', '10Mb 10485760 1536'],
  ['{= \'{"a": [1, null]}\'|require_json =}', '{"a": [1, null]}'],
  ['{= \'{"a": {"b": [1, true]}}\'|fromjson|tojson =}', '{"a":{"b":[1,true]}}'],
  ['{= {a = 1.5, b = {"x", false}}|tojson =}', '{"a":1.500000,"b":["x",false]}'],
]);

renders('tests', [
  ['{= is_defined(X) =}{= is_undefined(X) =}{= is_nil(nosuch) =}{= is_none(nil) =}', 'truefalsetruetrue'],
  ['{= is_odd(3) =}{= is_even(3) =}{= is_divisibleby(9, 3) =}', 'truefalsetrue'],
  [
    '{= is_string(X) =}{= is_number(PORT) =}{= is_table(hosts) =}{= is_mapping(X) =}{= is_boolean(FLAG) =}',
    'truetruetruefalsetrue',
  ],
  ['{= is_sequence({}) =}{= is_iterable(hosts) =}{= is_callable(pairs) =}{= is_escaped("x") =}', 'falsetruetruefalse'],
  [
    '{= is_in("a", hosts) =}{= is_in("al", X) =}{= is_startswith(X, "va") =}{= is_endswith(X, "ue") =}',
    'truetruetruetrue',
  ],
  ['{= is_match(X, "^%a+$") =}{= is_lower(X) =}{= is_upper(X) =}{= is_sameas(1, 1) =}', 'truetruefalsetrue'],
  [
    '{= is_integer("5") =}{= is_float(5.5) =}{= is_json("{}") =}{= is_json("[") =}{= is_size("5kb") =}',
    'truetruetruefalsetrue',
  ],
  ['{= is_true("Yes") =}{= is_false("off") =}{= is_eq(1, 1) =}{= is_ne(1, 1) =}', 'truetruetruefalse'],
  ['{= is_lt(1, 2) =}{= is_le(2, 2) =}{= is_gt(1, 2) =}{= is_ge(2, 3) =}', 'truetruefalsefalse'],
]);

renders('the library', [
  [
    '{= string.format("%3d|%-3d|%03d|%x|%5.2f|%g|%q", 7, 7, 7, 255, 1.234, 1e20, "a") =}'.replaceAll('|', '/'),
    '  7/7  /007/ff/ 1.23/1e+20/"a"',
  ],
  ['{= ("key = val"):match("^(%w+)%s*=%s*(%w+)$") =}{= ("a.b.c"):gsub("%.", "-") =}', 'keya-b-c'],
  ['{= ("hello"):find("l") =}{= ("f(a(b))"):match("%b()") =}{= ("THE fox"):find("%f[%l]") =}', '3(a(b))5'],
  ['{= ("abc"):byte(2) =}{= string.char(72, 105) =}{= ("abc"):reverse() =}{= ("x"):rep(3, ",") =}', '98Hicbax,x,x'],
  ['{= table.concat({1, 2}, "-") =}{= table.unpack({5, 6}) =}{= table.maxn({1, 2}) =}', '1-252'],
  ['{= math.floor(2.7) =}{= math.max(1, 9, 3) =}{= math.huge =}{= math.pi > 3 =}{= math.fmod(7, 3) =}', '29inftrue1'],
  [
    '{= tonumber("ff", 16) =}{= tonumber(" 12 ") =}{= tonumber("x") =}{= tostring(nil) =}{= type({}) =}',
    '25512niltable',
  ],
  ['{= select("#", 1, 2) =}{= select(2, "a", "b") =}{= range(2, 8, 3)|join(",") =}', '2b2,5,8'],
  ['{% set c = cycler("a", "b") %}{= c:next() =}{= c:next() =}{= c:next() =}', 'aba'],
  ['{= os.date("!%Y-%m-%d %H:%M:%S %a %j", 86400) =}{= os.date("!*t", 0).year =}', '1970-01-02 00:00:00 Fri 0021970'],
  ['{= _VERSION =}{= _G.type(1) =}{= io =}{= require =}{= os.getenv =}', 'Lua 5.1number'],
]);

fails('mistakes have the place of what is wrong', [
  ['a = 1;\nb = {= nosuch.x =};', "2:8 attempt to index global 'nosuch' (a nil value)"],
  ['{= env.nosuch.x =}', "1:4 attempt to index field 'nosuch' (a nil value)"],
  ['{= X() =}', "1:4 attempt to call global 'X' (a string value)"],
  ['{= X:nosuch() =}', "1:4 attempt to call method 'nosuch' (a nil value)"],
  ['{= 1 + nosuch =}', "1:4 attempt to perform arithmetic on global 'nosuch' (a nil value)"],
  ['{= X .. nil =}', '1:4 attempt to concatenate a nil value'],
  ['{= 1 < "2" =}', '1:4 attempt to compare number with string'],
  ['{= {} < {} =}', '1:4 attempt to compare two table values'],
  ['{= #nosuch =}', "1:4 attempt to get length of global 'nosuch' (a nil value)"],
  ['{= 1 + =}', "1:4 unexpected symbol near '<eof>'"],
  ['{= function() end =}', "1:4 functions cannot be written in templates here near 'function'"],
  ['{= X|nosuch =}', '1:6 unknown filter "nosuch"'],
  ['{= X|upper|nosuch =}', '1:12 unknown filter "nosuch"'],
  ['{= nosuch|upper =}', '1:11 input to filter "upper" was nil instead of a string'],
  ['{= EMPTY|mandatory("need it") =}', '1:10 need it'],
  ['{= X|require_int =}', '1:6 require_int: "value" is not a valid integer'],
  ['{= "[1"|fromjson =}', '1:9 fromjson: failed to parse: unmatched open brace'],
  ['# {= nosuch.x =}', "1:6 attempt to index global 'nosuch' (a nil value)"],
  ['{% for x %}{% endfor %}', '1:8 invalid for expression'],
  ['{% for 1x in hosts %}{% endfor %}', '1:8 invalid variable name'],
  ['{% set 1 = 2 %}', '1:8 invalid variable name or expression'],
  ['{% macro %}{% endmacro %}', '1:10 expression expected'],
  ['{= self.nothing() =}', '1:4 undefined block "nothing"'],
]);

fails('templates that do not parse', [
  ['a {= X', '1:3 "=}" expected'],
  ['a {# c', '1:3 "#}" expected'],
  ['{% if X', '1:8 "%}" expected'],
  ['{% if X %}a', '1:7 additional tag or "{% endif %}" expected'],
  ['{% for x in hosts %}a{% endif %}', '1:22 additional tag or "{% endfor %}" expected'],
  ['{% endif %}', '1:4 unknown or unexpected tag'],
  ['{% nosuch x %}', '1:4 unknown or unexpected tag'],
  ['{% raw %}a', '1:10 additional tag or "{% endraw %}" expected'],
  ['options {# c\n}', '1:9 "#}" expected'],
]);

test('a password is encrypted as the controller keeps it', { timeout: 60_000 }, () => {
  const first = render('{= "secret"|pbkdf =}');
  assert.match(first, /^\$2\$[13-9a-km-uw-z]{32}\$[13-9a-km-uw-z]{52}$/);
  assert.notEqual(render('{= "secret"|pbkdf =}'), first);
  assert.equal(render('{= ""|pbkdf =}'), '');
});

test('other template files', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, {
    'part.tpl': 'part {= X =}{% set inner = 1 %}',
    'macros.tpl': '{% macro twice(a) %}{= a =}{= a =}{% endmacro %}',
    'frame.tpl': '<{% block body %}plain{% endblock %}>',
    'broken.tpl': '{% if %}',
    'loop.tpl': '{% include "loop.tpl" %}',
  });
  assert.equal(render('[{% include "part.tpl" %}]', cwd), '[part value]');
  assert.equal(render('{% include {"none", "part.tpl"} %}{% include "none" ignore missing %}', cwd), 'part value');
  assert.equal(render('{% import "macros.tpl" as m %}{= m.twice("x") =}', cwd), 'xx');
  assert.equal(
    render('{% extends "frame.tpl" %}{% block body %}{= super() =} and mine{% endblock %}', cwd),
    '<plain and mine>',
  );
  assert.match(failure('{% include "none" %}', cwd), /no file\(s\) found to include/);
  assert.match(failure('{% include "broken.tpl" %}', cwd), /in broken.tpl: expression expected/);
  assert.match(failure('{% include "loop.tpl" %}', cwd), /stack overflow/);
});

test('a template cannot run for ever, nor fill the memory', { timeout: 60_000 }, () => {
  const cases = [
    '{% for a in range(2000) %}{% for b in range(2000) %}{% endfor %}{% endfor %}',
    '{% do table.insert(hosts, 1) %}{% for h in hosts %}{% do table.insert(hosts, h) %}{% endfor %}',
    '{= ("x"):rep(1e9) =}',
    '{= range(1, 1e12)|join =}',
    '{% macro f() %}{= f() =}{% endmacro %}{= f() =}',
    `{= ${'('.repeat(5000)}1${')'.repeat(5000)} =}`,
    `{= 1${'+1'.repeat(100_000)} =}`,
    `{= a${'.a'.repeat(100_000)} =}`,
    `{= ${'not '.repeat(100_000)}1 =}`,
    '{% if true %}'.repeat(5000),
    `{= ("a"):rep(50):find("${'a?'.repeat(50)}${'a'.repeat(50)}") =}`,
    `{= ("a"):rep(3000):match("${'.-'.repeat(20)}b") =}`,
    '{= table.unpack({}, 1, 1e9) =}',
    '{% set s = "xxxxxxxxxxxxxxxx" %}'.concat('{% set s = s .. s %}'.repeat(40)),
  ];
  for (const template of cases)
    assert.match(failure(template), /steps|bytes|overflow|levels|too long|too deep|complex|many/);
});

test('what a template sets is gone in the next file', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, { 'x.inc': 'b = "{= a =}"' });
  const { root } = loadText('{% set a = 1 %}a = {= a =}; .include "x.inc"', { template: world, cwd });
  assert.equal(root?.entries.get('b')?.value.type, 'string');
  assert.deepEqual(root?.entries.get('b')?.value, { ...root?.entries.get('b')?.value, value: '' });
});

test('variables are expanded after the template pass', { timeout: 60_000 }, () => {
  const { root } = loadText('a = "{= nosuch|default(\'$DIR/x\') =}"', { template: world, variables: [['DIR', '/d']] });
  const value = root?.entries.get('a')?.value;
  assert.equal(value?.type === 'string' && value.value, '/d/x');
});

test('mistakes of UCL have their place in the template', { timeout: 60_000 }, () => {
  const template = [
    '{% if true %}',
    'a = 1;',
    '{% for i in range(2) %}',
    'k{= i =} = "x" y = 1;',
    '{% endfor %}',
    '{% endif %}',
    'b{ c = 1 }',
    '',
  ];
  const { diagnostics } = loadText(template.join('\n'), { template: world, name: 'T' });
  assert.deepEqual(
    diagnostics.map((one) => renderDiagnostic(one).split('\n').slice(0, 3)),
    [
      ['T:4:16: delimiter is missing', '  k{= i =} = "x" y = 1;', '                 ^'],
      ['T:7:2: invalid character in a key', '  b{ c = 1 }', '   ^'],
    ],
  );
});

test('without a world there is no template pass', { timeout: 60_000 }, () => {
  const { root } = loadText('a = "{= 1 =}"');
  const value = root?.entries.get('a')?.value;
  assert.equal(value?.type === 'string' && value.value, '{= 1 =}');
});

renders('filters and the odd input', [
  ['[{= X|first =}{= X|last =}]', '[]'],
  ['{= 5|upper =}{= 55|replace("5", "x", 1) =}', '5x5'],
  ['{= math.huge|filesizeformat =}', 'inf YB'],
]);

fails('filters that are methods of texts take no numbers', [
  ['{= 5|title =}', '1:6 input to filter "title" is a number instead of a string'],
  ['{= 5|length =}', '1:6 input to filter "length" is a number instead of a string'],
  ['{= {1, 2}|slice(2)|length =}', '1:20 input to filter "length" is a function instead of a string'],
]);
