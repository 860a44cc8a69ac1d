export { PatternError } from './ast.ts';
export { type Match, Regexp } from './regexp.ts';
export { Subject } from './subject.ts';
export { compileRegexp, takeApart, type WrittenRegexp } from './written.ts';
