import type { Finding } from '../config/index.ts';
import { lineAndColumn, renderDiagnostic, text } from '../ucl/index.ts';
import type { Io } from './io.ts';

/** Writes findings to standard error, the errors first: errors and warnings with the line they are about, notices short. */
export function reportFindings(findings: readonly Finding[], io: Io): void {
  for (const severity of ['error', 'warning', 'notice'] as const) {
    for (const finding of findings) {
      if (finding.severity === severity) io.stderr.write(`${renderFinding(finding)}\n`);
    }
  }
}

function renderFinding({ severity, message, at, hint }: Finding): string {
  if (severity !== 'notice' && at !== undefined) return renderDiagnostic({ severity, message, at, hint });
  const place = at === undefined ? '' : `${text(at.source.name)}:${lineAndColumn(at).line}: `;
  return `${place}${severity}: ${text(message)}${hint === undefined ? '' : ` (${text(hint)})`}`;
}
