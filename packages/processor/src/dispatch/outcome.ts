import type { Handled, Outcome } from '@pelton/core'

/** Whether a response's body is still to come. */
export function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return body !== undefined && !(body instanceof Uint8Array)
}

/** Whether an answer's body is still to come: its place is held until then. */
export function isStreaming(outcome: Outcome): outcome is Handled {
  return outcome.status === 'handled' && isStream(outcome.response.body)
}

/** Gives the place back when the body has been produced; at once when it is bytes. */
export function releaseAfter(outcome: Outcome, release: () => void): void {
  if (isStreaming(outcome)) outcome.finished.then(release, release)
  else release()
}
