export { Composites, compileComposites, type GroupMembers } from './composites.ts';
