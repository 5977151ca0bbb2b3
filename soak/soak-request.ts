import { type RequestKind, actOf, drawKind } from './request-kinds.ts'

/** One request with all that is needed to judge its answer. */
export interface SoakRequest {
  /** From 0, in its function. */
  number: number
  kind: RequestKind
  /** `/KIND/NUMBER`: what the handler does, and by which it notes its run. */
  path: string
  body: Buffer
  /** What a whole answer holds. */
  whole: Buffer
  /** The client leaves so long after it has sent the request. */
  leavesAfterMs: number
}

/** Bodies are cut out of it. */
const noise = Buffer.alloc(4_000_000)
for (let at = 0; at < noise.length; at++) noise[at] = (at * 2_654_435_761) >>> 13

/** Makes the next request: its kind, its size and all else are drawn. */
export function drawRequest(number: number, kinds: readonly RequestKind[], random: () => number): SoakRequest {
  const kind = drawKind(kinds, random())
  const path = `/${actOf(kind)}/${number}`
  const between = ([least, most]: readonly [number, number]): number => least + Math.floor(random() * (most - least))
  const leavesAfterMs = random() * 30
  if (actOf(kind) === 'stream') {
    const [count, size] = [between([0, 12]), random() < 0.1 ? 60_000 : between([40, 500])]
    return {
      number,
      kind,
      path,
      leavesAfterMs,
      body: Buffer.from(`${count} ${size}`),
      whole: stream(path, count, size),
    }
  }
  const length = between(kind.bodyBytes ?? [0, 2000])
  const at = between([0, noise.length - length])
  // Its own from the first bytes on, so that no other body can be taken for it.
  const body = Buffer.concat([Buffer.from(`${path} `), noise.subarray(at, at + length)])
  return { number, kind, path, leavesAfterMs, body, whole: body }
}

function stream(path: string, count: number, size: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, n) => `${path} ${n}\n`.padEnd(size, '.')).join(''))
}
