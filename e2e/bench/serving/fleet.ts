import { pin } from '../cores.js';
import type { Contender, Stage, Subject } from './contenders.js';
import { start } from './contenders.js';

/**
 * Starts contenders, so that all are alive at once; idle ones take no CPU. Ends them when the play is over.
 *
 * @param play Measures them.
 */
export async function withFleet<const Member extends Contender, Result>(
  stage: Stage,
  members: readonly Member[],
  play: (of: (member: Member) => Subject) => Promise<Result>,
): Promise<Result> {
  const started = new Map<Member, Subject>();
  try {
    for (const member of members) {
      const subject = await start(member, stage);
      started.set(member, subject);
      await pin(subject.pid, stage.serverCore);
    }
    return await play((member) => started.get(member)!);
  } finally {
    await Promise.all([...started.values()].map((subject) => subject.stop()));
  }
}
