import type { StyleSheet } from './css/sheet.ts';
import type { Tag } from './tag.ts';

/** Works out how every box shows: its own style, the style sheet, the box around (rspamd: html.cxx, "Propagate styles"). */
export function spreadStyles(root: Tag, styles: StyleSheet): void {
  const stack = [root];
  for (let tag = stack.pop(); tag !== undefined; tag = stack.pop()) {
    if (!styles.isEmpty && tag.isKnown) {
      const rules = styles.blockOf(tag);
      if (rules !== undefined) {
        if (tag.block === undefined) tag.block = rules;
        else tag.block.override(rules);
      }
    }
    const { block, children } = tag;
    if (block !== undefined) {
      if (!block.hasDisplay) setUsualDisplay(tag);
      block.computeVisibility();
      for (const child of children) {
        if (child.block === undefined) child.block = block.copy();
        else child.block.inherit(block);
      }
    }
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] as Tag);
  }
}

function setUsualDisplay(tag: Tag): void {
  const { block } = tag;
  if (tag.is('head')) block?.setDisplay('hidden');
  else if (tag.is('block') || tag.is('table')) block?.setDisplay('block', false);
  else block?.setDisplay(tag.is('row') ? 'table-row' : 'inline', false);
}
