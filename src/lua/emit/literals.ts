const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A byte string as a JavaScript literal of printable ASCII. */
export function stringLiteral(text: string): string {
  const body = text.replace(/["\\]|[^ -~]/g, (c) => {
    const known = escapes[c];
    return known ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${body}"`;
}

/** A number as a JavaScript literal that can stand anywhere in an expression. */
export function numberLiteral(n: number): string {
  if (n === Number.POSITIVE_INFINITY) return 'Infinity';
  if (Object.is(n, -0)) return '(-0)';
  return n < 0 ? `(${n})` : `${n}`;
}
