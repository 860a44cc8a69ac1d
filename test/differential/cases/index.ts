import type { Case } from '../case.ts';
import { answers } from './answers.ts';
import { choosing } from './choosing.ts';
import { failures } from './failures.ts';
import { headers } from './headers.ts';
import { health } from './health.ts';
import { inputs } from './inputs.ts';
import { limits } from './limits.ts';
import { mirrors } from './mirrors.ts';
import { processes } from './process.ts';

/** Numbers 1 to 74 are those of the original's observed behaviours; from 75 on they are ours. */
export const cases: readonly Case[] = [
  ...answers,
  ...failures,
  ...choosing,
  ...health,
  ...headers,
  ...inputs,
  ...limits,
  ...mirrors,
  ...processes,
];
