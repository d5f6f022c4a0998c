import type { SFNClient } from '@aws-sdk/client-sfn';
import type { WorkflowEngine } from '../hold/workflow.ts';

/** Starts and wakes the workflows of a state machine of AWS Step Functions. */
export function workflowEngine(client: () => Promise<SFNClient>, stateMachineArn: string): WorkflowEngine {
  return {
    async start(name, input) {
      const { ExecutionAlreadyExists, StartExecutionCommand } = await import('@aws-sdk/client-sfn');
      try {
        await (await client()).send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
        return 'started';
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return 'exists';
        throw error;
      }
    },
    async wake(taskToken, output) {
      const { InvalidToken, SendTaskSuccessCommand, TaskDoesNotExist, TaskTimedOut } = await import(
        '@aws-sdk/client-sfn'
      );
      try {
        await (await client()).send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
        return 'woken';
      } catch (error) {
        if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
          return 'gone';
        throw error;
      }
    },
  };
}
