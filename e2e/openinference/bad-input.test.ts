import assert from 'node:assert/strict'
import fs from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { type RawClient, connectRaw, waitUntil } from '@pelton/testkit'
import { badGrpcCases, badMessages } from './bad-grpc-cases.ts'
import { badRestCases } from './bad-rest-cases.ts'
import { type EchoSite, startEcho } from './echo-function.ts'
import { connectBytes, framed } from './grpc-bytes.ts'

const invalidArgument = 3
const notFound = 5
const resourceExhausted = 8

const mebibyte = 1024 * 1024
const infer = '/v2/models/echo/infer'
const inferMethod = '/inference.GRPCInferenceService/ModelInfer'
const good = { name: 'x', datatype: 'FP32', shape: [1], data: [0.5] }

describe('bad input for a function that serves models', () => {
  const cleanups: (() => Promise<void> | void)[] = []
  let site: EchoSite
  let pid = 0
  before(async () => {
    site = await startEcho({ after: (action) => void cleanups.unshift(action) }, 'TypeScript')
    pid = site.served.pelton.child.pid ?? 0
  })
  after(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  /** The next request, by REST as well as gRPC, is answered. */
  async function isWell(): Promise<void> {
    const answer = await site.rest.ask(infer, { body: JSON.stringify({ inputs: [good] }) })
    assert.deepEqual([answer.status, answer.json()['outputs']], [200, [good]])
    const { data: fp32_contents, ...input } = good
    const { outputs } = await site.grpc.call('ModelInfer', {
      model_name: 'echo',
      inputs: [{ ...input, contents: { fp32_contents } }],
    })
    assert.deepEqual((outputs as { contents: object }[])[0]?.contents, { fp32_contents })
  }

  /** Most megabytes that the process ever took, and bytes that it takes now. */
  const peakMiB = (): number =>
    Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

  for (const [what, request, status, pattern] of badRestCases) {
    test(`REST: ${what}`, async () => {
      const answer = await site.rest.ask(infer, request)
      assert.equal(answer.status, status, answer.body.toString())
      assert.equal(answer.headers['content-type'], 'application/json')
      const { error, ...more } = answer.json()
      assert.deepEqual(more, {})
      assert.match(String(error), pattern)
      assert.ok(String(error).length < 1000, 'the message is short')
      await isWell()
    })
  }

  for (const [what, request, pattern] of badGrpcCases) {
    test(`gRPC: ${what}`, async () => {
      const call = site.grpc.call('ModelInfer', { model_name: 'echo', ...request })
      await assert.rejects(call, (error: { code: number; details: string }) => {
        assert.deepEqual([error.code, pattern.test(error.details)], [invalidArgument, true], error.details)
        assert.ok(error.details.length < 1000, 'the message is short')
        return true
      })
      await isWell()
    })
  }

  test('gRPC: bytes that are no request', async (t) => {
    const ask = connectBytes(t, site.grpcPort)
    for (const [what, bytes] of badMessages) {
      const { code, message } = await ask(inferMethod, framed(bytes))
      assert.equal(code, invalidArgument, `${what}: ${message}`)
      assert.match(message, /cannot be read/)
    }
    assert.equal((await ask(inferMethod, framed(Buffer.alloc(0)))).code, notFound)
    await isWell()
  })

  test('a member of an object that is there twice counts as it was last', async () => {
    const x = '"name":"x","datatype":"UINT8","shape":[1],"shape":[2],"data":[3,4],"data":[1,2]'
    const body = `{"inputs":[{${x}}],"inputs":[{${x}}],"id":"a","id":"b"}`
    const answer = await site.rest.ask(infer, { body })
    assert.equal(answer.status, 200, answer.body.toString())
    assert.deepEqual(answer.json()['outputs'], [{ name: 'x', datatype: 'UINT8', shape: [2], data: [1, 2] }])
    assert.equal(answer.json()['id'], 'b')
  })

  test('names that all objects have are names like others', async () => {
    const inputs = ['__proto__', 'constructor', 'toString'].map((name) => ({ ...good, name }))
    for (const view of ['json', 'tensors']) {
      const body = JSON.stringify({ parameters: { view }, inputs }).replace('{"view"', '{"__proto__":"p","view"')
      const answer = await site.rest.ask(infer, { body })
      assert.deepEqual(answer.json()['outputs'], inputs, answer.body.toString())
    }
  })

  test('2^53 + 1 becomes the nearest double, and stays what it is as INT64', async () => {
    const ask = async (datatype: string): Promise<string> => {
      const input = `{"name":"x","datatype":"${datatype}","shape":[1],"data":[9007199254740993]}`
      return (await site.rest.ask(infer, { body: `{"inputs":[${input}]}` })).body.toString()
    }
    assert.match(await ask('FP64'), /"data":\[9007199254740992(\.0)?\]/)
    assert.match(await ask('INT64'), /"data":\[9007199254740993\]/)
  })

  for (const [what, lines] of [
    ['that is announced', 'Content-Length: 1073741824'],
    ['that is announced, by a client that waits', 'Content-Length: 1073741824\r\nExpect: 100-continue'],
    ['of packed bytes', 'Content-Length: 1073741824\r\nContent-Encoding: gzip'],
  ] as const) {
    test(`REST: a body of 1 GB ${what} is refused at once`, async (t) => {
      const before = peakMiB()
      const client = await connectTo(t, site)
      client.send(`POST ${infer} HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`)
      const answer = await client.until('}')
      assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*\r\nconnection: close\r\n[\s\S]*\{"error":".*67108864.*"\}/i)
      assert.doesNotMatch(answer, /100 Continue/)
      await isWell()
      assert.ok(peakMiB() - before < 32, `${before} MiB, then ${peakMiB()}`)
    })
  }

  test('REST: bodies without an end are refused once they are too long, and memory does not grow with them', async (t) => {
    const flood = async (): Promise<number> => {
      const client = await connectTo(t, site)
      client.send(`POST ${infer} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)
      const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(mebibyte, ' '), Buffer.from('\r\n')])
      let sent = 0
      while (client.received === '' && !client.closed && sent < 512) {
        const isTaken = client.socket.write(chunk)
        sent++
        if (!isTaken) await waitUntil('room', () => client.socket.writableLength < mebibyte || client.received !== '' || client.closed) // prettier-ignore
      }
      assert.match(await client.until('}'), /^HTTP\/1\.1 413 [\s\S]*\{"error":".*67108864.*"\}/)
      return sent
    }
    assert.ok((await flood()) < 128)
    const before = peakMiB()
    for (let times = 0; times < 4; times++) await flood()
    await isWell()
    assert.ok(peakMiB() - before < 160, `${before} MiB, then ${peakMiB()}`)
  })

  test('gRPC: a message of 1 GB is refused at once, one over the limit as well', async (t) => {
    const before = peakMiB()
    const ask = connectBytes(t, site.grpcPort)
    // A message is refused by its length once it has begun.
    const begun = Buffer.concat([Buffer.from([0, 0x40, 0, 0, 0]), Buffer.alloc(1000)])
    const { code, message } = await ask(inferMethod, begun, { isOpen: true })
    assert.equal(code, resourceExhausted)
    assert.match(message, /67108864|1073741824/)
    await isWell()
    assert.ok(peakMiB() - before < 32, `${before} MiB, then ${peakMiB()}`)
    const bytes = Buffer.alloc(64 * mebibyte)
    const request = { model_name: 'echo', inputs: [{ name: 'x', datatype: 'UINT8', shape: [bytes.length] }], raw_input_contents: [bytes] } // prettier-ignore
    await assert.rejects(site.grpc.call('ModelInfer', request), { code: resourceExhausted })
    await isWell()
  })

  test('gRPC: a refusal on a stream does not end it', async () => {
    const { data: fp32_contents, ...input } = good
    const request = { model_name: 'echo', inputs: [{ ...input, contents: { fp32_contents } }] }
    const bad = badGrpcCases.filter(([what]) => !what.startsWith('100,000'))
    const sent = bad.flatMap(([, one]) => [{ model_name: 'echo', ...one }, request])
    const answers = await site.grpc.stream(sent)
    assert.equal(answers.length, sent.length)
    for (const [index, { error_message, infer_response }] of answers.entries()) {
      const [what, , pattern] = bad[index >> 1] ?? ['', {}, /^$/]
      if (index % 2 === 0) assert.match(String(error_message), pattern, what)
      else assert.equal(((infer_response as { outputs: object[] }).outputs ?? []).length, 1, what)
    }
  })

  test('nothing of it was a fault of ours', () => {
    const faults = site.served.pelton.lines().filter(({ level, message }) => level === 'error' || message.endsWith('_fault')) // prettier-ignore
    assert.deepEqual(faults, [])
    assert.equal(site.served.pelton.child.exitCode, null)
  })
})

async function connectTo(test: { after(action: () => void): void }, site: EchoSite): Promise<RawClient> {
  const client = await connectRaw(Number(new URL(`http://${site.restAddress}`).port), { stubborn: true })
  test.after(() => client.close())
  return client
}
