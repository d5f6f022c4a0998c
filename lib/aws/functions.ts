const notYet = async (_event: unknown): Promise<unknown> => {
  throw new Error('not bound');
};
export const intakeFunction = notYet;
export const dispatchFunction = notYet;
export const stageFunction = notYet;
export const notifyFunction = notYet;
export const awaitFunction = notYet;
export const verifyFunction = notYet;
export const reviewFunction = notYet;
export const decideFunction = notYet;
export const sweepFunction = notYet;
export const gateFunction = notYet;
export const summaryFunction = notYet;
export const feedFunction = notYet;
