import type { Bytes } from '@pelton/core'

/** Where the bodies of a job's answers go. The last whole one counts. */
export interface JobOutput {
  /**
   * Reads a body to its end; `isFinal` says that none replaces it. Rejects with `output_failed`, or with what made the
   * body break off: then it is as if it had not been there, unless it was final and its reader has got it already.
   */
  take(body: AsyncIterable<Bytes>, isFinal: boolean): Promise<void>
  /** Hands over what is kept and lets go of everything; rejects with `output_failed`. */
  close(): Promise<void>
}
