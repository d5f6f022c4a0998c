/** Placeholder of the binding. */
export function onAws(fn: (event: unknown) => Promise<unknown>): (event: unknown) => Promise<unknown> {
  return fn;
}
