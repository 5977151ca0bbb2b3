import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTempFolder, findFreePort } from '@pelton/testkit'
import { type PeltonProcess, startPelton } from './pelton-process.ts'

const version = (text: string): string => `export const handler = () => ${JSON.stringify(text)}\n`

const yaml = (numWorkers: number): string => `apiVersion: pelton/v1
kind: Function
metadata: { name: watched }
spec:
  runtime: nodejs
  handler: handler.ts
  triggers: { http: { kind: http, numWorkers: ${numWorkers} } }
`

async function watching(
  t: TestContext,
  files: Record<string, string>,
  port = 0,
): Promise<{ folder: string; pelton: PeltonProcess }> {
  const folder = await createTempFolder(t, files)
  const pelton = startPelton(['run', folder, '--port', String(port), '--watch'])
  t.after(() => pelton.stop())
  await pelton.url()
  return { folder, pelton }
}

/** Asks over the agent's one connection. */
function ask(url: string, agent: Agent): Promise<{ text: string; isSameConnection: boolean }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ text, isSameConnection: call.reusedSocket }))
    })
    call.on('error', reject).end()
  })
}

/** Does something and waits for a log line that came after it. */
async function after(pelton: PeltonProcess, act: () => Promise<unknown>, message: string) {
  const from = pelton.lines().length
  await act()
  return pelton.line(message, from)
}

test('a save swaps the code without cutting the connection', { timeout: 60_000 }, async (t) => {
  const { folder, pelton } = await watching(t, { 'function.yaml': yaml(1), 'handler.ts': version('one') })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const url = await pelton.url()
  assert.equal((await ask(url, agent)).text, 'one')
  const line = await after(pelton, () => writeFile(join(folder, 'handler.ts'), version('two')), 'reloaded')
  assert.ok(Number(line.took_ms) >= 0)
  assert.deepEqual(await ask(url, agent), { text: 'two', isSameConnection: true })
})

test(
  'a broken edit is told with file and error while the last good version serves on',
  { timeout: 60_000 },
  async (t) => {
    const { folder, pelton } = await watching(t, { 'function.yaml': yaml(1), 'handler.ts': version('good') })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const url = await pelton.url()
    await ask(url, agent)
    const file = join(folder, 'handler.ts')
    const broken = await after(
      pelton,
      () => writeFile(file, 'export const handler = () => {\n  return ((\n}\n'),
      'reload_failed',
    )
    assert.match(String(broken.reason), /handler\.ts:\d/)
    assert.match(String(broken.serving), /last good version/)
    assert.deepEqual(await ask(url, agent), { text: 'good', isSameConnection: true })
    const bad = await after(
      pelton,
      () => writeFile(join(folder, 'function.yaml'), `${yaml(1)}  handlr: x\n`),
      'reload_failed',
    )
    assert.match(String(bad.reason), /function\.yaml:8 spec\.handlr: unknown/)
    await writeFile(join(folder, 'function.yaml'), yaml(1))
    await after(pelton, () => writeFile(file, version('mended')), 'reloaded')
    while ((await ask(url, agent)).text !== 'mended') await pelton.line('reloaded')
  },
)

test('addresses that come with a reload are told, with it', { timeout: 60_000 }, async (t) => {
  const { folder, pelton } = await watching(t, { 'function.yaml': yaml(1), 'handler.ts': version('one') })
  const reload = (name: string, text: string) => after(pelton, () => writeFile(join(folder, name), text), 'reloaded')
  await reload('handler.ts', version('two'))
  assert.ok(!pelton.lines().some(({ message }) => message === 'address_added'))
  const sink = 'sink: { kind: mjpeg, attributes: { port: 0, path: /live } }'
  await reload('function.yaml', `${yaml(1).trimEnd().slice(0, -3)}, attributes: { ${sink} } } }\n`)
  const told = pelton.lines().filter(({ message }) => message === 'address_added')
  assert.deepEqual(
    told.map(({ name, sink: of }) => [name, of]),
    [
      ['http', undefined],
      ['http', 'mjpeg'],
    ],
  )
  assert.equal(await (await fetch(String(told[0]?.url))).text(), 'two')
  assert.equal((await fetch(String(told[1]?.url), { method: 'HEAD' })).status, 200)
})

test('the function file, .env and imported files are followed too', { timeout: 60_000 }, async (t) => {
  // A trigger that changes is started anew: on port 0 that would be another port.
  const port = await findFreePort()
  const files = {
    'function.yaml': yaml(1),
    'handler.ts':
      "import { word } from './lib/word.ts'\nexport const handler = () => `${word} ${process.env.COLOUR}`\n",
    'lib/word.ts': "export const word = 'first'\n",
    '.env': 'COLOUR=red\n',
  }
  const { folder, pelton } = await watching(t, files, port)
  const url = await pelton.url()
  const text = async (): Promise<string> => (await fetch(url)).text()
  assert.equal(await text(), 'first red')
  await after(pelton, () => writeFile(join(folder, 'lib/word.ts'), "export const word = 'second'\n"), 'reloaded')
  assert.equal(await text(), 'second red')
  await after(pelton, () => writeFile(join(folder, '.env'), 'COLOUR=blue\n'), 'reloaded')
  assert.equal(await text(), 'second blue')
  await after(pelton, () => writeFile(join(folder, 'function.yaml'), yaml(2)), 'reloaded')
  assert.equal(await text(), 'second blue')
  assert.equal((await pelton.stop()).code, 0)
})
