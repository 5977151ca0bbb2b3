/** Calls to the trigger that a worker may have under way. */
export const maxCalls = 256

/** How long a call waits for its result. */
export const callDeadlineMs = 30_000
