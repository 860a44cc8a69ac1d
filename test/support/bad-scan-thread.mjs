// A scan thread that does what the message says: `crash`, `throw`, `hang`, `fail`, `wait`; it answers all others.
import { parentPort, threadId } from 'node:worker_threads';

parentPort.on('message', (job) => {
  if (job === 'tell') return parentPort.postMessage({ kind: 'told', learned: undefined });
  const { number, body } = job;
  const text = Buffer.from(body).toString();
  if (text === 'crash') process.exit(7);
  if (text === 'throw') throw new Error('thrown in the thread');
  if (text === 'hang') for (;;);
  if (text === 'wait') return;
  if (text === 'fail') parentPort.postMessage({ kind: 'failed', number, reason: 'no reply' });
  else parentPort.postMessage({ kind: 'done', number, body: Uint8Array.from(Buffer.from(`${text} in ${threadId}`)) });
});
parentPort.postMessage({ kind: 'ready', problems: [], symbols: [] });
