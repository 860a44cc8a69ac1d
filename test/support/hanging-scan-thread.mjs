// The scan thread itself, which turns in circles amid a flood of DNS once it has been given a message with `HANG`.
import { parentPort } from 'node:worker_threads';
import { Resolver } from '../../dist/src/scan/index.js';

const flood = 300;

let told = false;
let flooded = false;
const { query } = Resolver.prototype;
Resolver.prototype.query = async function (...question) {
  if (told && !flooded) {
    flooded = true;
    for (let n = 0; n < flood; n++) void query.call(this, `flood${n}.example.com`, 'A');
  }
  const answer = await query.apply(this, question);
  // In a continuation: that is where Node 20 cannot be stopped while datagrams come in.
  if (told) for (;;);
  return answer;
};

parentPort.on('message', ({ body }) => {
  if (Buffer.from(body).includes('HANG')) told = true;
});

await import('../../dist/src/backends/self-scan/thread.js');
