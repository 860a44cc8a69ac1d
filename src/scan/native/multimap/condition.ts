/** Reads a name in an expression, of a symbol or of a part of a map. @throws Error where there is none */
export function nameAt(text: string, at: number): { atom: string; length: number } {
  const [name] = /^[^, \t()><+!|&\n]+/.exec(text.slice(at)) ?? [];
  if (name === undefined) throw new Error('here a name is expected');
  return { atom: name, length: name.length };
}
