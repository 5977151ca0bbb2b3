import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, frameFlag, frameType, type InFrame } from '@pelton/protocols/worker'
import { pythonPeers } from '../../../../scripts/tools/python-peers.ts'
import { type RawHost, startRawHost, u32 } from './fixtures/raw-host.ts'

const bytes = 300_000
const memoryBytes = 64 * 1024 * 1024
const peers = await pythonPeers()

/** Sends an event whose body lies in shared memory; gives the first page of its region. */
function sendShared(host: RawHost, id: number, fill: string): number {
  const region = host.memory.place([Buffer.alloc(bytes, fill)])
  assert.ok(region)
  const body = u32(region.page, region.pages, bytes)
  host.event(id, body, { flags: frameFlag.outside })
  return region.page
}

/** Frames up to the answer of an event, and its text. */
async function untilAnswer(host: RawHost): Promise<{ memory: [number, number][]; text: string }> {
  const memory: [number, number][] = []
  let incoming: InFrame = await host.next()
  while (incoming.type === frameType.memory) {
    memory.push([incoming.code, incoming.id])
    incoming = await host.next()
  }
  assert.equal(incoming.type, frameType.response, incoming.meta())
  return { memory, text: String(incoming.body()) }
}

const kinds = { sync: 'def', async: 'async def' }

for (const [kind, define] of Object.entries(kinds)) {
  const start = (t: Parameters<typeof startRawHost>[0], body: string, python?: string): Promise<RawHost> =>
    startRawHost(t, `kept = []\n${define} handler(context, event):\n${body}`, { memoryBytes, python })

  test(`(${kind}) a body in shared memory is bytes, and a view without a copy`, async (t) => {
    const host = await start(
      t,
      `
    view = event.body_view
    return f'{type(event.body).__name__} {len(event.body)} {view.readonly} {view == event.body} {bytes(view[:3])}'
`,
    )
    for (const fill of ['a', 'b', 'c']) {
      const page = sendShared(host, 1, fill)
      const { memory, text } = await untilAnswer(host)
      assert.equal(text, `bytes ${bytes} True True b'${fill.repeat(3)}'`)
      assert.deepEqual(memory, [])
      host.memory.release(page)
    }
  })

  test(`(${kind}) a view that is kept raises later; it never shows another body`, async (t) => {
    const host = await start(
      t,
      `
    kept.append(event.body_view)
    try:
        return str(kept[0][0] if len(kept) > 1 else '')
    except ValueError as error:
        return str(error)
`,
    )
    const page = sendShared(host, 1, 'a')
    assert.deepEqual((await untilAnswer(host)).memory, [])
    host.memory.release(page)
    assert.equal(sendShared(host, 1, 'b'), page)
    assert.match((await untilAnswer(host)).text, /released memoryview/)
  })

  test(`(${kind}) a slice that is kept keeps its region, until nobody holds it any more`, async (t) => {
    const host = await start(
      t,
      `
    if event.body == b'drop':
        kept.clear()
    elif event.body[:1] == b'a':
        kept.append(event.body_view[10:20])
    return bytes(kept[0]) if kept else b''
`,
    )
    const page = sendShared(host, 1, 'a')
    assert.deepEqual(await untilAnswer(host), { memory: [[1, page]], text: 'aaaaaaaaaa' })
    host.memory.keep(page)
    const other = sendShared(host, 2, 'b')
    assert.notEqual(other, page)
    assert.deepEqual(await untilAnswer(host), { memory: [], text: 'aaaaaaaaaa' })
    host.event(3, 'drop')
    assert.deepEqual(await untilAnswer(host), { memory: [[0, page]], text: '' })
  })

  test(`(${kind}) an event that is kept has its body later`, async (t) => {
    const host = await start(
      t,
      `
    kept.append(event)
    return kept[0].body[:3] if len(kept) > 1 else b''
`,
    )
    const page = sendShared(host, 1, 'a')
    assert.deepEqual((await untilAnswer(host)).memory, [])
    host.memory.release(page)
    assert.equal(sendShared(host, 2, 'b'), page)
    assert.equal((await untilAnswer(host)).text, 'aaa')
  })

  test(`(${kind}) a body that is the answer itself, or a chunk of it, is sent whole`, async (t) => {
    const host = await start(
      t,
      `
    def chunks():
        view = event.body_view
        yield view[:5]
        yield view[5:10]
    return event.body_view if event.path == '/' and not kept.append(1) and len(kept) == 1 else chunks()
`,
    )
    sendShared(host, 1, 'x')
    assert.deepEqual(await untilAnswer(host), { memory: [], text: 'x'.repeat(bytes) })
    sendShared(host, 2, 'y')
    assert.deepEqual((await untilAnswer(host)).memory, [])
    assert.deepEqual([String((await host.next()).body()), String((await host.next()).body())], ['yyyyy', 'yyyyy'])
    assert.equal((await host.next()).type, frameType.end)
  })

  test(`(${kind}) an exception that holds the view in its frames keeps nothing`, async (t) => {
    const host = await start(
      t,
      `
    view = event.body_view[1:]
    if event.path == '/' and not kept:
        kept.append(1)
        raise ValueError('with a view')
    return 'fine'
`,
    )
    sendShared(host, 1, 'a')
    assert.equal((await host.next()).type, frameType.failed)
    sendShared(host, 2, 'a')
    assert.deepEqual(await untilAnswer(host), { memory: [], text: 'fine' })
  })

  test(
    `(${kind}) an array of NumPy keeps its region; one that is dropped does not`,
    { skip: peers.skip },
    async (t) => {
      const host = await start(
        t,
        `
    import numpy
    if event.body == b'drop':
        kept.clear()
        return 'dropped'
    array = numpy.frombuffer(event.body_view, numpy.uint8)
    if not kept:
        kept.append(array.reshape(300, 1000)[:, ::2])
    return str(int(array.sum() // len(array))) + ' ' + str(kept[0].mean())
`,
        peers.python,
      )
      const page = sendShared(host, 1, 'a')
      assert.deepEqual(await untilAnswer(host), { memory: [[1, page]], text: '97 97.0' })
      sendShared(host, 2, 'b')
      assert.deepEqual(await untilAnswer(host), { memory: [], text: '98 97.0' })
      host.event(3, 'drop')
      assert.deepEqual(await untilAnswer(host), { memory: [[0, page]], text: 'dropped' })
    },
  )
}

test('more regions than are kept mapped are mapped again', async (t) => {
  const host = await startRawHost(t, 'def handler(context, event):\n    return event.body[:1]\n', { memoryBytes })
  const pages: number[] = []
  for (let at = 0; at < 64; at++) pages.push(sendShared(host, at + 1, String.fromCharCode(65 + (at % 26))))
  for (let at = 0; at < 64; at++) assert.equal((await host.next()).type, frameType.response)
  assert.equal(new Set(pages).size, 64)
  // The same pages, cut differently: as if the regions had been joined.
  host.event(1, u32(pages[3]!, 256, 600_000), { flags: frameFlag.outside })
  host.event(2, u32(pages[3]!, 128, bytes), { flags: frameFlag.outside })
  for (const _ of [1, 2]) assert.equal(String((await host.next()).body()), 'D')
})

test('a region that cannot be is a fault of the wire', async (t) => {
  for (const [body, said] of [
    [u32(0, 1, 5000), /5000 bytes in a region of 1 pages/],
    [u32(0, 1), /a body of 8 bytes that should name a region/],
  ] as const) {
    const host = await startRawHost(t, 'def handler(context, event):\n    pass\n', { memoryBytes })
    host.send({ ...frame(frameType.event, 1, '{}', body), flags: frameFlag.outside })
    assert.equal(await host.ended, 1)
    assert.match(host.stderr(), said)
  }
})
