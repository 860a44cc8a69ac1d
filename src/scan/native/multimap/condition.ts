/** Reads the name of a symbol in an expression. @throws Error for what is no name of a symbol */
export function symbolAt(text: string, at: number): { atom: string; length: number } {
  const [name] = /^\w+/.exec(text.slice(at)) ?? [];
  if (name === undefined) throw new Error('here a symbol is expected');
  return { atom: name, length: name.length };
}
