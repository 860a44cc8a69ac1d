import type { Block, GotoStatement, LabelTarget, Statement } from '../syntax/ast.ts';
import type { FunctionWriter } from './writer.ts';

type EmitStatement = (w: FunctionWriter, statement: Statement) => string;

/** Counts down the steps of a program at a place that it passes again and again. */
export const countStep = 'if(--R.fuel<0)tick();';

const labelOf = (one: Statement): LabelTarget | undefined => (one.kind === 'label' ? one.label : undefined);

/** The statements of a block, with its labels. */
export function blockCode(w: FunctionWriter, block: Block, emit: EmitStatement): string {
  const used = block.statements.map(labelOf).filter((one) => one !== undefined && (one.forward || one.backward));
  if (used.length === 0) return block.statements.map((one) => emit(w, one)).join('');
  return used.every((one) => one?.backward === false) ? forwardOnly(w, block, emit) : stateMachine(w, block, emit);
}

/** A label that is only jumped to from before ends a JavaScript block that holds all before it. */
function forwardOnly(w: FunctionWriter, block: Block, emit: EmitStatement): string {
  for (const one of block.statements) {
    const label = labelOf(one);
    if (label?.forward === true) w.jumps.set(label, { label: w.label(), state: undefined });
  }
  let code = '';
  for (const one of block.statements) {
    const label = labelOf(one);
    if (label?.forward === true) code = `${w.jumps.get(label)?.label}:{${code}}`;
    else code += emit(w, one);
  }
  return code;
}

/** Labels that are jumped to from after them: a loop around a switch whose cases fall through to the next. */
function stateMachine(w: FunctionWriter, block: Block, emit: EmitStatement): string {
  const loop = w.label();
  const variable = w.temporary(); // never given back: nested statements are emitted below it
  let count = 0;
  for (const one of block.statements) {
    const label = labelOf(one);
    if (label !== undefined) w.jumps.set(label, { label: loop, state: { variable, number: ++count } });
  }
  w.loopDepth++;
  let code = '';
  for (const one of block.statements) {
    const label = labelOf(one);
    if (label === undefined) code += emit(w, one);
    else code += `case ${w.jumps.get(label)?.state?.number}:`;
  }
  w.loopDepth--;
  return `${variable}=0;${loop}:for(;;){${countStep}switch(${variable}){case 0:${code}}break;}`;
}

export function gotoStatement(w: FunctionWriter, { target }: GotoStatement): string {
  const jump = target === undefined ? undefined : w.jumps.get(target);
  if (jump === undefined) throw new Error('goto without target');
  if (jump.state === undefined) return `break ${jump.label};`;
  return `${jump.state.variable}=${jump.state.number};continue ${jump.label};`;
}

/** `break`: always with a label, since JavaScript's would end a switch of ours. */
export function breakStatement(w: FunctionWriter): string {
  const loop = w.loops[w.loops.length - 1];
  if (loop === undefined) throw new Error('break outside a loop');
  loop.isUsed = true;
  return `break ${loop.label};`;
}

/** Emits a loop whose body may contain `break`. */
export function labelled(w: FunctionWriter, emit: () => string): string {
  const loop = { label: w.label(), isUsed: false };
  w.loops.push(loop);
  w.loopDepth++;
  const code = emit();
  w.loopDepth--;
  w.loops.pop();
  return loop.isUsed ? `${loop.label}:${code}` : code;
}
