export { replyJson } from './json.ts';
export { type AddedHeader, type MilterEdits, ReplyParts } from './parts.ts';
export { type ReplyObject, type ReplyRules, type ReplyShape, type ReplyValue, replyValue } from './value.ts';
export { encodedWords } from './words.ts';
