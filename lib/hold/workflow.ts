/** Starts and wakes workflows. At least once: both calls are idempotent by name and by token. */
export interface WorkflowEngine {
  /** `started`, or `exists` when this name was used before (running or ended). */
  start(name: string, input: { readonly holdId: string }): Promise<'started' | 'exists'>;
  /** Wakes the workflow that waits with this token; `gone` when it no longer waits. */
  wake(token: string, output: { readonly holdId: string; readonly outcome: string }): Promise<'woken' | 'gone'>;
}
