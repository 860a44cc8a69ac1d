import type { FunctionNode } from '../syntax/ast.ts';
import { countStep } from './blocks.ts';
import { returnNothing } from './returns.ts';
import { captured, isBoxed, selfName, upvalueHolder } from './variables.ts';
import { type ChunkWriter, FunctionWriter } from './writer.ts';

/** JavaScript expression that makes a closure of a function inside the current one. */
export function closure(w: FunctionWriter, fn: FunctionNode): string {
  return `F[${fn.id}](${[w.environment, ...fn.upvalues.map((one) => captured(w, one, fn))].join(',')})`;
}

const endsInReturn = (node: FunctionNode): boolean => {
  const { statements } = node.body;
  return statements[statements.length - 1]?.kind === 'return';
};

/** Parameters that are shared with closures get their boxes. */
const boxParameters = (node: FunctionNode): string =>
  node.parameters
    .filter(isBoxed)
    .map((one) => `v${one.slot}=new Box(v${one.slot});`)
    .join('');

/** Code of one function: a factory that takes environment and upvalues and makes the closure. */
export function functionCode(chunk: ChunkWriter, node: FunctionNode): string {
  const w = new FunctionWriter(chunk, node);
  const parameters = node.parameters.map((one) => `v${one.slot}`);
  const all = node.isVararg ? [...parameters, '...va'] : parameters;
  const body = w.emit.block(w, node.body) + (endsInReturn(node) ? '' : returnNothing);
  const upvalues = node.upvalues.map((_, i) => `u${i}`);
  const content = `${boxParameters(node)}${body}`;
  return chunk.form === 'plain' ? plainForm(w, upvalues, all, content) : generatorForm(w, upvalues, all, content);
}

function plainForm(
  w: FunctionWriter,
  upvalues: readonly string[],
  parameters: readonly string[],
  body: string,
): string {
  const { node } = w;
  const self = selfName(w);
  const holders = node.upvalues.map((one) => upvalueHolder(w, one));
  const describe = `()=>[P[${node.id}],E,[${holders.join(',')}],e=>{E=e}]`;
  const asGenerator = `(G[${node.id}]??resumable(${node.id}))(${[self, 'E', ...holders, ...parameters].join(',')})`;
  const trapped = `p===generatorFrame?${asGenerator}:trap(${self},[${parameters.join(',')}],${describe})`;
  const entry = `const p=R.top,fr=p.next;if(fr===null)return ${trapped};R.top=fr;fr.fn=${self};${countStep}`;
  return `(${['E', ...upvalues].join(',')})=>function ${self}(${parameters.join(',')}){let tr;${w.declarations()}${entry}\n${body}}`;
}

function generatorForm(
  w: FunctionWriter,
  upvalues: readonly string[],
  parameters: readonly string[],
  body: string,
): string {
  const entry = `const p=R.top,fr=enterGenerator(self,E,${w.node.callOffset});${countStep}`;
  const all = ['self', 'E', ...upvalues, ...parameters].join(',');
  return `function*(${all}){let tr;${w.declarations()}${entry}\n${body}}`;
}
