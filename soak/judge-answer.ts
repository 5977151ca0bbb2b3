import type { SoakRequest } from './soak-request.ts'

/** What came back for a request. */
export type Answer =
  | { what: 'whole'; status: number; body: Buffer }
  /** Its connection ended before the answer was complete; `status` is absent when nothing at all came. */
  | { what: 'broken'; status?: number; reason: string }
  /** The client has left, as it was to. */
  | { what: 'left' }
  /** Nothing for far too long. */
  | { what: 'silence' }

/**
 * `right`: as expected. `left`: nobody knows. `suffered`: how it failed, which is right only if it ran in a process that
 * another event took along. `wrong`: what must not be, in words.
 */
export type Verdict = 'right' | 'left' | { suffered: string } | { wrong: string }

/** What an answer is worth, by its request alone. */
export function judgeAnswer(request: SoakRequest, answer: Answer): Verdict {
  const { expects } = request.kind
  // It may have been answered before it left.
  if (expects === 'nothing' || answer.what === 'left') return 'left'
  if (answer.what === 'silence') return { wrong: 'was not answered' }
  if (answer.what === 'broken')
    return judgeBroken(expects === 'broken-stream' || expects === 'own-stream', request, answer)
  if (answer.status === 200) return judgeSuccess(request, answer.body)
  const isRight =
    (expects === 'server-error' && answer.status >= 500) || (expects === 'timed-out' && answer.status === 408)
  if (isRight) return 'right'
  const how = `was answered with ${answer.status}`
  return answer.status >= 500 || answer.status === 408 ? { suffered: how } : { wrong: how }
}

function judgeBroken(mayBreak: boolean, request: SoakRequest, answer: Answer & { what: 'broken' }): Verdict {
  const how = `was broken off: ${answer.reason}`
  if (!mayBreak || answer.status !== 200) return { wrong: how }
  return request.kind.expects === 'broken-stream' ? 'right' : { suffered: how }
}

function judgeSuccess({ kind, whole, path }: SoakRequest, body: Buffer): Verdict {
  if (kind.expects !== 'own-body' && kind.expects !== 'own-stream') return { wrong: 'was answered with 200' }
  if (body.equals(whole)) return 'right'
  const start = body.toString('latin1', 0, 40)
  const whose = start.startsWith(path) ? 'a mangled body' : 'the body of another'
  return {
    wrong: `was answered with ${whose}: ${body.length} bytes instead of ${whole.length}, ${JSON.stringify(start)}`,
  }
}
