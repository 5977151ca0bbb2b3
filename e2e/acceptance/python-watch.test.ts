import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { type LogLine, type PeltonProcess, startPelton } from '../pelton-process.ts'

const handler = (text: string): string => `import beside

def handler(context, event):
    return f'${text} {beside.word}'
`

/** Does something and waits for a log line that came after it. */
async function after(pelton: PeltonProcess, act: () => Promise<unknown>, message: string): Promise<LogLine> {
  const from = pelton.lines().length
  await act()
  return pelton.line(message, from)
}

test(
  'edits of a Python handler and of a module beside it are followed; a broken one keeps the last good version',
  { timeout: 60_000 },
  async (t) => {
    const folder = await createTempFolder(t, { 'handler.py': handler('one'), 'beside.py': "word = 'first'\n" })
    const pelton = startPelton(['run', join(folder, 'handler.py'), '--port', '0', '--watch'])
    t.after(() => pelton.stop())
    const url = await pelton.url()
    const text = async (): Promise<string> => (await fetch(url)).text()
    const write = (name: string, source: string) => () => writeFile(join(folder, name), source)
    assert.equal(await text(), 'one first')

    const line = await after(pelton, write('handler.py', handler('two')), 'reloaded')
    assert.ok(Number(line['took_ms']) < 3000, `took ${String(line['took_ms'])} ms`)
    assert.equal(await text(), 'two first')
    await after(pelton, write('beside.py', "word = 'second'\n"), 'reloaded')
    assert.equal(await text(), 'two second')

    const broken = await after(
      pelton,
      write('handler.py', 'def handler(context, event):\n    return ((\n'),
      'reload_failed',
    )
    assert.match(String(broken['reason']), /handler\.py:2.*\n.*return \(\(/)
    assert.match(String(broken['serving']), /last good version/)
    assert.equal(await text(), 'two second')
    const unknown = await after(
      pelton,
      write('handler.py', `import nowhere_to_be_found\n${handler('x')}`),
      'reload_failed',
    )
    assert.match(String(unknown['reason']), /handler\.py.*nowhere_to_be_found/)
    assert.equal(await text(), 'two second')

    await after(pelton, write('handler.py', handler('three')), 'reloaded')
    assert.equal(await text(), 'three second')
    assert.equal((await pelton.stop()).code, 0)
  },
)

test(
  'edits that follow each other within a second, and change no size, are all seen',
  { timeout: 60_000 },
  async (t) => {
    const word = (number: number): string => `word = ${number}\n`
    const folder = await createTempFolder(t, { 'handler.py': handler('is'), 'beside.py': word(0) })
    const env = { PYTHONDONTWRITEBYTECODE: '' }
    const pelton = startPelton(['run', join(folder, 'handler.py'), '--port', '0', '--watch'], { env })
    t.after(() => pelton.stop())
    const url = await pelton.url()
    for (let number = 1; number <= 6; number++) {
      await after(pelton, () => writeFile(join(folder, 'beside.py'), word(number)), 'reloaded')
      assert.equal(await (await fetch(url)).text(), `is ${number}`)
    }
  },
)
