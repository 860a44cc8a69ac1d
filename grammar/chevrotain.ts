import type * as Chevrotain from 'chevrotain';

/**
 * Chevrotain, from the single file that its package ships beside the modules its `exports` point to. Those are some
 * five hundred small files (lodash-es among them) that take 270 ms to load; the bundle takes 11 ms.
 */
const bundle = new URL('../chevrotain.mjs', import.meta.resolve('chevrotain'));
const library = (await import(bundle.href).catch(() => import('chevrotain'))) as typeof Chevrotain;

export const { createToken, EmbeddedActionsParser, Lexer } = library;
