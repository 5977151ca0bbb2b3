import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sinkItem } from '@pelton/testkit'
import { openWebhook, rejection } from './fixtures/open-webhook.ts'
import { type Answer, startReceiver, statuses } from './fixtures/start-receiver.ts'

const goTo =
  (status: number, location?: string): Answer =>
  (response, number) =>
    void response.writeHead(number === 1 ? status : 200, location === undefined ? {} : { Location: location }).end()

const secrets = { Authorization: 'Bearer t', 'X-API-Key': 'k', Cookie: 'c=1' }

for (const status of [307, 308]) {
  test(`${status} is followed with method, body and, at the same origin, all headers`, async (t) => {
    const receiver = await startReceiver(t, goTo(status, '../there?x=1'))
    const { sink, retries } = await openWebhook(t, { url: `${receiver.url}/a/b`, method: 'PUT', headers: secrets })
    await sink.write(sinkItem('body'))
    const [, second] = receiver.requests
    assert.deepEqual([second?.method, second?.path, String(second?.body)], ['PUT', '/there?x=1', 'body'])
    assert.deepEqual([second?.headers.authorization, second?.headers['x-api-key']], ['Bearer t', 'k'])
    assert.equal(retries(), 0)
  })
}

test('nothing that was configured goes to another origin, but for the content type; nor does a signature', async (t) => {
  const other = await startReceiver(t)
  const receiver = await startReceiver(t, goTo(307, `http://user:pass@127.0.0.1:${other.port}/b`))
  const headers = { ...secrets, 'Content-Type': 'text/csv' }
  const url = `http://me:secret@127.0.0.1:${receiver.port}`
  const { sink } = await openWebhook(t, { url, headers, signing_secret: 's' })
  await sink.write(sinkItem('body', { eventId: 'e' }))
  assert.ok(receiver.requests[0]?.headers['x-signature'])
  const sent = other.requests[0]?.headers ?? assert.fail()
  for (const name of ['authorization', 'x-api-key', 'cookie', 'x-signature']) assert.equal(sent[name], undefined, name)
  assert.deepEqual([sent['content-type'], sent['x-event-id']], ['text/csv', 'e'])
})

test('what was left out stays out when a redirect leads back', async (t) => {
  const places: string[] = []
  const bounce: Answer = (response, number) => {
    const place = places.shift()
    response.writeHead(place === undefined ? 200 : 307, place === undefined ? {} : { Location: place }).end(`${number}`)
  }
  const receiver = await startReceiver(t, bounce)
  const other = await startReceiver(t, bounce)
  places.push(other.url, receiver.url)
  const { sink } = await openWebhook(t, { url: receiver.url, headers: secrets })
  await sink.write(sinkItem('body'))
  assert.deepEqual(
    receiver.requests.map(({ headers }) => headers.authorization),
    ['Bearer t', undefined],
  )
})

const refused: [what: string, answer: Answer, reason: RegExp][] = [
  ['301', goTo(301, '/b'), /status 301: it moved to http:\S+\/b in a way that makes a GET/],
  ['302', goTo(302, '/b'), /status 302: it moved to/],
  ['303', goTo(303, '/b'), /status 303: it moved to/],
  ['307 without a place', goTo(307), /status 307 without a place to go to/],
  ['308 to what is no URL', goTo(308, 'http://[bad'), /status 308 without a place/],
  ['307 to a file', goTo(307, 'file:///etc/passwd'), /status 307: it leads to a URL of file:/],
  ['a circle', (response) => void response.writeHead(307, { Location: '/' }).end(), /more than 3 redirects/],
]
for (const [what, answer, reason] of refused) {
  test(`${what} is not followed, nor tried again`, async (t) => {
    const receiver = await startReceiver(t, answer)
    const { sink } = await openWebhook(t, { url: `${receiver.url}/a` })
    const error = await rejection(sink.write(sinkItem('body')))
    assert.equal(error.code, 'webhook_refused')
    assert.match(error.message, reason)
    assert.equal(receiver.requests.length, what === 'a circle' ? 4 : 1)
  })
}

test('a redirect from https to http is not followed', async (t) => {
  const plain = await startReceiver(t, statuses(200))
  const receiver = await startReceiver(t, goTo(307, plain.url), { isSecure: true })
  const { sink } = await openWebhook(t, { url: receiver.url, tls: { rejectUnauthorized: false } })
  assert.match((await rejection(sink.write(sinkItem('body')))).message, /leads from https to http:/)
  assert.equal(plain.requests.length, 0)
})
