/** Name of everything that has to be known before it exists: the state machine, alarms, the stack. */
export const defaultName = 'stopship';

/** Where the functions count what happens. */
export const metricNamespace = 'stopship';

/** Counted by the stage controller each time an open hold's transition does not read disabled. */
export const notHaltedMetric = 'NotHalted';

/** Counted by the feed each time the list of known exploited vulnerabilities is as of now. */
export const kevReadMetric = 'KnownExploitedRead';

/** File beside the code of the decision pages that holds Pico CSS. */
export const bundledCss = 'pico.css';

/** Sparse index of the ledger: items with a `list`, in the order of their `at`. */
export const ledgerIndex = 'gsi1';

/** File beside each function's code that holds the policy. */
export const bundledPolicy = 'policy.yaml';
