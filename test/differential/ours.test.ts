import { cases } from './cases/index.ts';
import { ours } from './peers/ours.ts';
import { differential } from './suite.ts';

differential(ours, cases);
