export { type ListReading, readLists } from './read.ts';
export { listRules } from './rule.ts';
export { stockListSymbols, stockLists } from './stock.ts';
