/** Metamethod names by number, so that a shape can remember where it keeps them. */
export const eventNames = [
  '__index',
  '__newindex',
  '__call',
  '__eq',
  '__lt',
  '__le',
  '__concat',
  '__len',
  '__unm',
  '__add',
  '__sub',
  '__mul',
  '__div',
  '__mod',
  '__pow',
  '__tostring',
  '__metatable',
  '__mode',
] as const;

export const INDEX = 0;
export const NEWINDEX = 1;
export const CALL = 2;
export const EQ = 3;
export const LT = 4;
export const LE = 5;
export const CONCAT = 6;
export const LEN = 7;
export const UNM = 8;
export const ADD = 9;
export const SUB = 10;
export const MUL = 11;
export const DIV = 12;
export const MOD = 13;
export const POW = 14;
export const TOSTRING = 15;
export const METATABLE = 16;
export const MODE = 17;
