import type { Expression, TableExpression, TableItem } from './ast.ts';
import { accept, discharge, expect, expectClosing, isMulti, isName, type Parsing, takeName } from './context.ts';
import { constantOf, isConstant } from './folding.ts';

/** `{...}`; the opening brace is the current token. */
export function tableConstructor(p: Parsing, expression: (p: Parsing) => Expression): TableExpression {
  const { lexer, scope } = p;
  const line = lexer.line;
  const items: TableItem[] = [];
  let hasTemplate = false;
  scope.reserve(1);
  lexer.next();
  while (lexer.token !== '}') {
    const key = itemKey(p, expression);
    const value = expression(p);
    const inTemplate =
      key?.kind === 'string' || (constantOf(value) !== undefined && (key === undefined || isTemplateKey(key)));
    if (inTemplate && !hasTemplate) {
      hasTemplate = true;
      scope.anonymousConstant();
    }
    if (!isMulti(value) || key !== undefined) discharge(p, value);
    items.push({ key, value, line: lexer.lastLine });
    if (!accept(p, ',') && !accept(p, ';')) break;
  }
  expectClosing(p, '}', '{', line);
  scope.free -= 1;
  return { kind: 'table', items };
}

/** Whether a store with this constant key and a constant value belongs to the template that is copied. */
export function isTemplateKey(key: Expression): boolean {
  return isConstant(key) && key.kind !== 'nil';
}

function itemKey(p: Parsing, expression: (p: Parsing) => Expression): Expression | undefined {
  const { lexer, scope } = p;
  if (lexer.token === '[') {
    lexer.next();
    const key = expression(p);
    discharge(p, key);
    expect(p, ']');
    expect(p, '=');
    return key;
  }
  if (isName(lexer.token) && lexer.peek() === '=') {
    const value = takeName(p);
    scope.constant(value);
    lexer.next();
    return { kind: 'string', value };
  }
  return undefined;
}
