import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type Answer, type Verdict, judgeAnswer } from './judge-answer.ts'
import type { Expectation } from './request-kinds.ts'
import type { SoakRequest } from './soak-request.ts'

function request(expects: Expectation): SoakRequest {
  const whole = Buffer.from('/echo/7 and its noise')
  const kind = { name: 'echo', share: 0, expects }
  return { number: 7, kind, path: '/echo/7', body: whole, whole, leavesAfterMs: 0 }
}

const whole = (status: number, body = '/echo/7 and its noise'): Answer => ({
  what: 'whole',
  status,
  body: Buffer.from(body),
})
const broken: Answer = { what: 'broken', status: 200, reason: 'closed' }
const dead: Answer = { what: 'broken', reason: 'socket hang up' }

for (const [expects, answer, verdict] of [
  ['own-body', whole(200), 'right'],
  ['own-body', whole(200, '/echo/8 and its noise'), /body of another/],
  ['own-body', whole(200, '/echo/7 and its'), /mangled body/],
  ['own-body', whole(200, ''), /body of another/],
  ['own-body', whole(500), { suffered: 'was answered with 500' }],
  ['own-body', whole(408), { suffered: 'was answered with 408' }],
  ['own-body', whole(404), /answered with 404/],
  ['own-body', broken, /broken off: closed/],
  ['own-body', dead, /broken off: socket hang up/],
  ['own-body', { what: 'silence' }, /not answered/],
  ['own-stream', whole(200), 'right'],
  ['own-stream', whole(200, '/echo/7 and'), /mangled/],
  ['own-stream', broken, { suffered: 'was broken off: closed' }],
  ['own-stream', dead, /broken off/],
  ['broken-stream', broken, 'right'],
  ['broken-stream', whole(200), /answered with 200/],
  ['server-error', whole(503), 'right'],
  ['server-error', whole(408), { suffered: 'was answered with 408' }],
  ['server-error', whole(200), /answered with 200/],
  ['timed-out', whole(408), 'right'],
  ['timed-out', whole(500), { suffered: 'was answered with 500' }],
  ['nothing', { what: 'left' }, 'left'],
  ['nothing', whole(200), 'left'],
] as [Expectation, Answer, Verdict | RegExp][]) {
  const title = verdict instanceof RegExp ? `wrong: ${verdict.source}` : inspect(verdict)
  test(`${expects}, and then ${Object.values(answer).map(String).join(' ')}, is ${title}`, () => {
    const judged = judgeAnswer(request(expects), answer)
    if (verdict instanceof RegExp) assert.match((judged as { wrong: string }).wrong, verdict)
    else assert.deepEqual(judged, verdict)
  })
}
