/**
 * What a request must be answered with: its own body; a 5xx; a 408; its own stream; a stream that breaks off; or nothing,
 * since its client leaves.
 */
export type Expectation = 'own-body' | 'server-error' | 'timed-out' | 'own-stream' | 'broken-stream' | 'nothing'

/** One kind of request. Its name is what the handler does, but for what stands behind a dash. */
export interface RequestKind {
  name: string
  /** Of 10,000 requests so many are of this kind; what is left are plain echoes. */
  share: number
  expects: Expectation
  /** The handler takes its whole process along: what else runs there may fail with it. */
  dooms?: boolean
  /** Least and most bytes of the body; default 0 to 2,000. */
  bodyBytes?: readonly [least: number, most: number]
}

/** A function that is soaked. */
export interface SoakedFunction {
  /** Its folder. */
  name: string
  /** Its workers run one event at a time: then no event may suffer from another. */
  oneAtATime: boolean
  kinds: readonly RequestKind[]
}

const large = [256 * 1024 - 100, 2_000_000] as const

const everywhere: readonly RequestKind[] = [
  { name: 'slow', share: 400, expects: 'own-body' },
  { name: 'slow-left', share: 100, expects: 'nothing' },
  { name: 'big', share: 100, expects: 'own-body', bodyBytes: large },
  { name: 'big-left', share: 20, expects: 'nothing', bodyBytes: large },
  { name: 'stream', share: 200, expects: 'own-stream' },
  { name: 'stream-left', share: 40, expects: 'nothing' },
  { name: 'broken', share: 50, expects: 'broken-stream' },
  { name: 'throw', share: 300, expects: 'server-error' },
  { name: 'exit', share: 20, expects: 'server-error', dooms: true },
  { name: 'kill', share: 10, expects: 'server-error', dooms: true },
  { name: 'segv', share: 10, expects: 'server-error', dooms: true },
  { name: 'orphan', share: 5, expects: 'server-error', dooms: true },
  { name: 'spin', share: 3, expects: 'timed-out', dooms: true },
  { name: 'kill-left', share: 3, expects: 'nothing', dooms: true },
]
const inPython: readonly RequestKind[] = [
  { name: 'view', share: 50, expects: 'own-body', bodyBytes: large },
  { name: 'leave', share: 20, expects: 'server-error' },
]

/** The functions below `functions/`, each with what is asked of it. */
export const soakedFunctions: readonly SoakedFunction[] = [
  {
    name: 'python-sync',
    oneAtATime: true,
    kinds: [
      ...everywhere,
      ...inPython,
      { name: 'keep', share: 20, expects: 'own-body', bodyBytes: large },
      { name: 'dump', share: 50, expects: 'own-body' },
      { name: 'exit0', share: 5, expects: 'server-error', dooms: true },
      { name: 'hang', share: 3, expects: 'timed-out', dooms: true },
    ],
  },
  {
    name: 'python-async',
    oneAtATime: false,
    kinds: [...everywhere, ...inPython, { name: 'hang', share: 10, expects: 'timed-out' }],
  },
  {
    name: 'nodejs-process',
    oneAtATime: false,
    kinds: [
      ...everywhere,
      // Its worker is replaced when half of it hangs.
      { name: 'hang', share: 3, expects: 'timed-out', dooms: true },
      { name: 'uncaught', share: 5, expects: 'server-error', dooms: true },
    ],
  },
]

const echo: RequestKind = { name: 'echo', share: 0, expects: 'own-body' }

/** The kind that a number from 0 to 1 stands for. */
export function drawKind(kinds: readonly RequestKind[], draw: number): RequestKind {
  let left = draw * 10_000
  for (const kind of kinds) {
    left -= kind.share
    if (left < 0) return kind
  }
  return echo
}

/** What the handler is asked to do: the name without what stands behind the dash. */
export function actOf({ name }: RequestKind): string {
  return name.split('-', 1).join('')
}
