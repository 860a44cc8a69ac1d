/** Where an exchange is, for its time limits. */
export type Stage = 'connecting' | 'securing' | 'sending' | 'receiving';

/** Milliseconds for each stage, 0 for no limit of its own (`http { client { connect_timeout … } }`). */
export type StageLimits = Readonly<Record<Stage, number>>;

/** Whether any of them is a limit; undefined where none is. */
export function usefulLimits(limits: StageLimits | undefined): StageLimits | undefined {
  return limits !== undefined && Object.values(limits).some((limit) => limit > 0) ? limits : undefined;
}

export const stageText: Readonly<Record<Stage, string>> = {
  connecting: 'connecting',
  securing: 'the TLS handshake',
  sending: 'sending the request',
  receiving: 'receiving the reply',
};
