import type { Outcome } from '@pelton/core'

/** Whether a response's body is still to come. */
export function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return body !== undefined && !(body instanceof Uint8Array)
}

/** Gives the place back when the body has been produced; at once when it is bytes. */
export function releaseAfter(outcome: Outcome, release: () => void): void {
  if (outcome.status === 'handled' && isStream(outcome.response.body)) outcome.finished.then(release, release)
  else release()
}
