import type { Diagnostic } from './diagnostics.ts';
import { originalPlace, type Position } from './source.ts';

/** The offsets that lead to a place: those of the macros that brought its text in, from the main file on, and its own. */
function trail(at: Position): number[] {
  const from = at.source.includedFrom;
  return [...(from === undefined ? [] : trail(from)), at.offset];
}

/**
 * Diagnostics in the order of their places, those of an included text where it is included; what a template repeats is
 * told once.
 */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics
    .map((diagnostic) => ({ diagnostic, trail: trail(diagnostic.at) }))
    .sort((a, b) => compareTrails(a.trail, b.trail))
    .map(({ diagnostic }) => diagnostic)
    .filter(({ at, message }) => {
      const key = `${at.source.name}\n${originalPlace(at).offset}\n${trail(at).length}\n${message}`;
      return !seen.has(key) && seen.add(key);
    });
}

function compareTrails(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((offset, at) => offset !== b[at]);
  return different === -1 ? a.length - b.length : (a[different] ?? 0) - (b[different] ?? -1);
}
