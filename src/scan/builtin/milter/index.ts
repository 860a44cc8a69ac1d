export { milterHeaders } from './rule.ts';
