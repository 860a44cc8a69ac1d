// What a run of the suites prints: a line per file, what was skipped and why, and all failures once more at the end,
// where a log that was cut keeps them. The files with failures go to the file that RSPAMD_PROXY_FAILED names.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inspect } from 'node:util';

const root = process.cwd();

function nameOf(file) {
  return file ? relative(root, file) : 'the runner';
}

/** The failure of a test as text: what was thrown in it, not the runner's wrapper. */
function reason({ error }) {
  const cause = error?.cause ?? error;
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 4 });
}

/** A suite or file fails because something in it does: only the innermost failure says something. */
function isOwn({ details }) {
  return details.error?.failureType !== 'subtestsFailed';
}

export default async function* report(events) {
  const failures = [];
  const files = new Map();
  const totals = { passed: 0, failed: 0, skipped: 0 };
  let current;
  const closing = () => {
    if (current === undefined) return '';
    const { passed, failed, skipped, ms } = files.get(current);
    const counts = [`${passed} passed`, failed && `${failed} FAILED`, skipped && `${skipped} skipped`];
    return `${current}: ${counts.filter(Boolean).join(', ')} (${(ms / 1000).toFixed(1)} s)\n`;
  };
  // The runner's --test-force-exit ends the process before a generator has said its last.
  process.once('exit', () => {
    const { passed, failed, skipped } = totals;
    const last = [closing(), ...failures.map(({ text }) => `\nFAILED ${text}`)];
    last.push(`\ntest: ${passed} passed, ${failed} failed, ${skipped} skipped, ${files.size} files\n`);
    process.stdout.write(last.join(''));
    const list = process.env.RSPAMD_PROXY_FAILED;
    if (list) writeFileSync(list, [...new Set(failures.map(({ file }) => `${file}\n`))].join(''));
  });
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      if (type === 'test:stderr') yield data.message;
      continue;
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const file = nameOf(data.file);
    if (file !== current) {
      yield closing();
      current = file;
    }
    const counts = files.get(file) ?? { passed: 0, failed: 0, skipped: 0, ms: 0 };
    files.set(file, counts);
    if (data.nesting === 0) counts.ms += data.details.duration_ms;
    if (data.details.type === 'suite') continue;
    if (type === 'test:fail' && isOwn(data)) {
      failures.push({ file, text: `${file}:${data.line}: ${data.name}\n${reason(data.details)}\n` });
      yield `FAILED ${failures.at(-1).text}`;
    }
    const kind = type === 'test:fail' ? 'failed' : data.skip === undefined ? 'passed' : 'skipped';
    counts[kind] += 1;
    totals[kind] += 1;
    if (kind === 'skipped') yield `skipped: ${data.name}${typeof data.skip === 'string' ? `: ${data.skip}` : ''}\n`;
  }
}
