/** A signal of our own that also follows another one until `unlink`. */
export interface LinkedAbort {
  readonly signal: AbortSignal
  abort(reason: unknown): void
  unlink(): void
}

/** Makes one that follows the caller's signal, if there is one. */
export function linkedAbort(outer: AbortSignal | undefined): LinkedAbort {
  const controller = new AbortController()
  const follow = (): void => controller.abort(outer?.reason)
  if (outer?.aborted) follow()
  else outer?.addEventListener('abort', follow)
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => outer?.removeEventListener('abort', follow),
  }
}
