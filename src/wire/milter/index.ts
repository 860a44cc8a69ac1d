export { actionBit, command, milterVersion, noReplyBits, protocolBit, wireLimits } from './constants.ts';
export { type Frame, FrameDecoder } from './frame.ts';
export { PayloadReader } from './payload.ts';
export { type Edit, encodeReplies, type Reply, type Verdict } from './replies.ts';
