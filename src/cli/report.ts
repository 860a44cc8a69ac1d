import type { Finding } from '../config/index.ts';
import { lineAndColumn, type Position, renderDiagnostic, text } from '../ucl/index.ts';
import type { Io } from './io.ts';

/** Writes findings to standard error, the errors first: errors and warnings with the line they are about, notices short. */
export function reportFindings(findings: readonly Finding[], io: Io): void {
  for (const severity of ['error', 'warning', 'notice'] as const) {
    for (const finding of findings) {
      if (finding.severity === severity) io.stderr.write(`${renderFinding(finding)}\n`);
    }
  }
}

/** One finding for people, without a newline at its end. Lines with secrets are not shown. */
export function renderFinding({ severity, message, at, hint }: Finding): string {
  if (severity !== 'notice' && at !== undefined) {
    const [first = '', ...rest] = renderDiagnostic({ severity, message, at, hint }).split('\n');
    return [first, ...(hasSecret(at) ? rest.slice(excerptLines) : rest)].join('\n');
  }
  const place = at === undefined ? '' : `${text(at.source.name)}:${lineAndColumn(at).line}: `;
  return `${place}${severity}: ${text(message)}${hint === undefined ? '' : ` (${text(hint)})`}`;
}

/** The line of the source and the caret below it. */
const excerptLines = 2;

/** The names a private key may have, and what could be a key whatever it is called. */
const secret = /priv|secret|passw|[A-Za-z0-9]{40}/i;

function hasSecret({ source, offset }: Position): boolean {
  const start = source.text.lastIndexOf('\n', offset - 1) + 1;
  const end = source.text.indexOf('\n', offset);
  return secret.test(source.text.slice(start, end < 0 ? undefined : end));
}
