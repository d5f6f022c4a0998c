import type { Transition } from './pipeline.ts';

/** How every reason of ours on a disabled transition begins: who disables by hand writes something else. */
const mark = 'stopship hold ';

/** @see CodePipeline API, DisableStageTransition: longer reasons are refused. */
const reasonMax = 300;

/**
 * The reason that we put on a disabled transition: our mark, the hold's code and the problem's title.
 * CodePipeline refuses characters outside `[a-zA-Z0-9!@ ().*?-]`, so the others become spaces.
 */
export function disableReason(holdCode: string, title: string): string {
  return plainText(`${mark}${holdCode} - ${title}`);
}

/** Text from outside in the characters that CodePipeline takes everywhere, at most 300 of them. */
export function plainText(text: string): string {
  return text
    .replace(/[^a-zA-Z0-9!@ ().*?-]/gu, ' ')
    .replace(/ +/g, ' ')
    .slice(0, reasonMax)
    .trim();
}

/** Whether a transition's reason carries our mark. Ownership also asks who changed it last. */
export function isOurReason(reason: string): boolean {
  return reason.startsWith(mark);
}

/** Whether the last change of a transition is ours: our enable, or our halt. A disable that we put back for a person is theirs. */
export function isByUs(isOurRole: (arn: string) => boolean, transition: Transition): boolean {
  const { enabled, changedBy } = transition;
  return changedBy !== null && isOurRole(changedBy) && (enabled || isOurReason(transition.reason));
}
