/** A path as it is written: with a slash before it and none behind. */
export function normalisePath(path: string): string {
  const trimmed = withoutSlashes(path)
  return trimmed.startsWith('/') ? trimmed : `/${trimmed}`
}

/** Without those at its end; in one pass, whatever a peer sends. */
export function withoutSlashes(path: string): string {
  let end = path.length
  while (end > 0 && path[end - 1] === '/') end -= 1
  return path.slice(0, end)
}

/** What a path names, however it is percent-encoded: streams are kept by it. */
export function streamKey(path: string): string {
  return normalisePath(decode(path))
}

/** The stream that a request's URL names, or, where `mayNameTrack`, that has the track which it names. */
export function findStream<T>(streams: ReadonlyMap<string, T>, uri: string, mayNameTrack: boolean): T | undefined {
  const [, raw] = /^rtsps?:\/\/[^/?#]*([^?#]*)/i.exec(uri) ?? []
  if (raw === undefined) return undefined
  const path = streamKey(raw)
  const stream = streams.get(path)
  if (stream !== undefined || !mayNameTrack) return stream
  return streams.get(normalisePath(path.slice(0, path.lastIndexOf('/'))))
}

/** A stray `%` stands for itself. */
function decode(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
