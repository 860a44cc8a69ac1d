import type { Position } from './source.ts';

/**
 * A parsed UCL value. Strings are byte strings: one code unit (0–255) per byte of the file, so that a script or a
 * header keeps its bytes; `text()` decodes where characters are meant.
 */
export type UclValue = UclObject | UclArray | UclString | UclInt | UclFloat | UclBoolean | UclNull;

interface Common {
  /** 0–15; a higher one replaces a lower one (rspamd: contrib/libucl/ucl_parser.c:ucl_parser_process_object_element). */
  readonly priority: number;
  /** Where the value begins in the configuration. */
  readonly at: Position;
}

export interface UclObject extends Common {
  readonly type: 'object';
  /** In order of first insertion. A repeated key holds an implicit array. */
  readonly entries: Map<string, UclEntry>;
}

export interface UclEntry {
  readonly key: string;
  /** Where the key stands (its first appearance that still counts). */
  readonly at: Position;
  value: UclValue;
}

export interface UclArray extends Common {
  readonly type: 'array';
  readonly items: UclValue[];
  /** True for a key given several times, false for a written `[…]`. */
  readonly implicit: boolean;
}

export interface UclString extends Common {
  readonly type: 'string';
  readonly value: string;
  readonly style: 'bare' | 'quoted' | 'single' | 'heredoc';
}

/** Signed 64 bit. */
export interface UclInt extends Common {
  readonly type: 'int';
  readonly value: bigint;
}

export interface UclFloat extends Common {
  /** `time` is a number with a time suffix, in seconds. */
  readonly type: 'float' | 'time';
  readonly value: number;
}

export interface UclBoolean extends Common {
  readonly type: 'boolean';
  readonly value: boolean;
}

export interface UclNull extends Common {
  readonly type: 'null';
}
