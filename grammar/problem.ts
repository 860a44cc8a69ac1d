/** A mistake found while reading one text. Offsets are into that text. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** What is wrong, in the words of libucl where it has any. */
  readonly message: string;
  readonly offset: number;
  /** How to mend it. */
  readonly hint: string | undefined;
}

export function problem(offset: number, message: string, hint?: string): Problem {
  return { severity: 'error', message, offset, hint };
}

export function warning(offset: number, message: string, hint?: string): Problem {
  return { severity: 'warning', message, offset, hint };
}
