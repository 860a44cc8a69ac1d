import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSyntax } from '../../grammar/index.ts';
import { createLexer } from '../../grammar/lexer.ts';
import { UclParser } from '../../grammar/parser.ts';

const options = { included: false, macros: true, timeSuffixes: true };

// Both checks are left out at run time: they take longer than reading a configuration.
test('the definitions of lexer and parser are sound', { timeout: 60_000 }, () => {
  assert.deepEqual(createLexer(false).lexerDefinitionErrors, []);
  assert.doesNotThrow(() => new UclParser(false));
});

test('the tree has the shape of the text', { timeout: 60_000 }, () => {
  const { document, problems } = parseSyntax('a = 1;\ns "t" { b = [x, {}] }\n.include(try=true) "f"\n', options);
  assert.deepEqual(problems, []);
  assert.equal(document.braces, undefined);
  assert.deepEqual(document.root, {
    kind: 'object',
    offset: 0,
    members: [
      {
        kind: 'property',
        key: { offset: 0, start: 0, end: 1, escapes: false },
        value: { kind: 'number', offset: 4, type: 'int', value: 1n },
        broken: false,
      },
      {
        kind: 'property',
        key: { offset: 7, start: 7, end: 8, escapes: false },
        value: {
          kind: 'object',
          offset: 7,
          members: [
            {
              kind: 'property',
              key: { offset: 9, start: 10, end: 11, escapes: false },
              value: {
                kind: 'object',
                offset: 13,
                members: [
                  {
                    kind: 'property',
                    key: { offset: 15, start: 15, end: 16, escapes: false },
                    value: {
                      kind: 'array',
                      offset: 19,
                      elements: [
                        {
                          kind: 'string',
                          offset: 20,
                          style: 'bare',
                          start: 20,
                          end: 21,
                          escapes: false,
                          dollar: false,
                        },
                        { kind: 'object', offset: 23, members: [] },
                      ],
                    },
                    broken: false,
                  },
                ],
              },
              broken: false,
            },
          ],
        },
        broken: false,
      },
      {
        kind: 'macro',
        offset: 29,
        name: { start: 30, end: 37, after: 37 },
        arguments: { start: 38, end: 46 },
        value: { start: 49, end: 50 },
        broken: false,
      },
    ],
  });
});

test('braces around a text are told from those inside it', { timeout: 60_000 }, () => {
  assert.equal(parseSyntax('{a = 1}', options).document.braces, 0);
  assert.equal(parseSyntax('{a = 1} b = 2', { ...options, included: true }).document.braces, 0);
  const { document } = parseSyntax('{a = 1} b = 2', { ...options, included: true });
  assert.equal(document.root.kind === 'object' && document.root.members.length, 2);
});

test('a parser used again remembers nothing', { timeout: 60_000 }, () => {
  parseSyntax('a { b [ "', options);
  const { document, problems } = parseSyntax('c = 1', options);
  assert.deepEqual(problems, []);
  assert.equal(document.root.kind === 'object' && document.root.members.length, 1);
});
