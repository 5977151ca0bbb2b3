import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Cleanup, createTempFolder } from '@pelton/testkit'
import sharp from 'sharp'
import { chromium } from '../scripts/tools/chromium.ts'
import { serve } from './acceptance/serve-function.ts'
import { type BrowserPage, startBrowser } from './browser-page.ts'

const browser = await chromium()

const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 }

const yaml = `apiVersion: pelton/v1
kind: Function
metadata: { name: tried }
spec:
  runtime: nodejs
  handler: handler.js
  triggers:
    models:
      kind: openinference
      attributes:
        rest_port: 0
        enable_grpc: false
        models:
          - model_name: doubler
            input_tensors: [{ name: x, datatype: FP32, shape: [-1, 3] }]
          - model_name: digits
            input_tensors: [{ name: n, datatype: INT64, shape: [1] }]
          - model_name: picture
            input_tensors: [{ name: image, datatype: UINT8, shape: [1, 8, 16, 3] }]
          - model_name: any picture
            input_tensors: [{ name: image, datatype: FP32, shape: [-1, 3, -1, -1] }]
          - model_name: free
          - model_name: </script><script>document.title='run'</script>
            model_version: '<b>1</b>'
            input_tensors: [{ name: '<img src=x onerror=document.title=1>', datatype: BYTES, shape: [1] }]
`

/** `doubler` refuses 99 and gives a thousand scores as well; others give back what they get. */
const handler = `exports.handler = (context, event) => {
  const body = event.text()
  const { model_name, inputs } = JSON.parse(body)
  if (model_name !== 'doubler') return { body: body.replace('"outputs":', '"asked":').replace('"inputs":', '"outputs":') }
  const [x] = inputs
  if (x.data[0] === 99) return { status: 422, body: { error: '99 is <b>too</b> much' } }
  const data = Array.from({ length: 1200 }, (_, index) => (index === 700 ? 0.75 : index / 10000))
  return { outputs: [
    { ...x, name: 'y', data: x.data.map((value) => 2 * value) },
    { name: 'scores', datatype: 'FP32', shape: [1, 1200], data },
  ] }
}
`

describe('the page to try a model, in Chromium', { skip: browser.skip }, () => {
  const cleanups: (() => Promise<void> | void)[] = []
  const cleanup: Cleanup = { after: (action) => void cleanups.unshift(action) }
  let page: BrowserPage
  let base = ''
  let folder = ''
  before(async () => {
    const served = await serve(cleanup, { 'function.yaml': yaml, 'handler.js': handler })
    base = served.urlOf('models')
    folder = await createTempFolder(cleanup)
    page = await startBrowser(cleanup, String(browser.command))
  })
  after(async () => {
    for (const action of cleanups) await action()
  })

  const open = (name: string): Promise<void> => page.open(`${base}/models/${encodeURIComponent(name)}/try`)
  const text = (selector: string): Promise<string> =>
    page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`)
  const cells = (): Promise<string[]> =>
    page.evaluate(
      `[...document.querySelectorAll('#outputs .table td')].slice(1).flatMap((cell) => cell.textContent || [])`,
    )
  /** As a user types: what was there is replaced. */
  const type = async (selector: string, value: string): Promise<void> => {
    await page.evaluate(`(() => {
      const field = document.querySelector(${JSON.stringify(selector)})
      field.focus()
      field.select()
    })()`)
    await page.send('Input.insertText', { text: value })
  }
  const run = async (): Promise<void> => {
    await page.evaluate(`document.getElementById('run').focus()`)
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', ...enter, text: '\r' })
    await page.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter })
    await page.until(`document.getElementById('run').ariaDisabled !== 'true'`)
  }
  const write = (name: string, bytes: Uint8Array): string => {
    const file = path.join(folder, name)
    fs.writeFileSync(file, bytes)
    return file
  }
  /** Drops a file on the first input, as the operating system's own drag does. */
  const drop = async (file: string): Promise<void> => {
    const { x, y } = await page.evaluate<{ x: number; y: number }>(`(() => {
      const { left, top } = document.querySelector('fieldset').getBoundingClientRect()
      return { x: left + 30, y: top + 30 }
    })()`)
    const data = { items: [], files: [file], dragOperationsMask: 1 }
    for (const step of ['dragEnter', 'dragOver', 'drop'])
      await page.send('Input.dispatchDragEvent', { type: step, x, y, data })
    await page.until(`!document.querySelector('textarea').checkVisibility()`)
  }

  test('it begins with an example that runs, and shows the outputs', async () => {
    await open('doubler')
    assert.equal(await text('h1'), 'doubler')
    assert.equal(await text('header p'), 'version 1, platform pelton_nodejs')
    assert.equal(await page.evaluate(`document.querySelector('textarea').value`), '[[0, 1, 2]]')
    await run()
    assert.match(await text('#status'), /^\d+\.\d ms$/)
    assert.equal(await page.evaluate(`document.activeElement.id`), 'run')
    assert.equal(await text('#outputs article h3'), 'y')
    assert.equal(await text('#outputs article p'), 'FP32 [1, 3], min 0, max 4, mean 2')
    assert.deepEqual((await cells()).slice(0, 3), ['0', '2', '4'])
  })

  test('of a long output the best classes and the first thousand elements are shown', async () => {
    await open('doubler')
    await run()
    const best = await page.evaluate(
      `[...document.querySelectorAll('article:nth-of-type(2) [aria-label="Best classes"] tbody tr')].map((row) => row.innerText.trim())`,
    )
    assert.deepEqual(best, ['700\t0.75', '1199\t0.1199', '1198\t0.1198', '1197\t0.1197', '1196\t0.1196'])
    assert.equal((await cells()).length, 3 + 1000)
    assert.equal(await text('#outputs article:nth-of-type(2) > p:last-child'), '… 200 more')
  })

  test('a free size changes the example, and what is typed keeps its own', async () => {
    await open('doubler')
    await type('input[type=number]', '2')
    assert.equal(await page.evaluate(`document.querySelector('textarea').value`), '[[0, 1, 2],\n [3, 4, 5]]')
    await type('textarea', '[1, 2, 3, 4, 5, 6, 7, 8, 9]')
    await run()
    assert.match(await text('#outputs article p'), /^FP32 \[3, 3\], min 2, max 18/)
  })

  test('Ctrl+Enter runs, and an error is shown as the server says it', async () => {
    await open('doubler')
    await type('textarea', '[[99, 1, 2]]')
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', ...enter, modifiers: 2 })
    await page.until(`document.getElementById('error').textContent !== ''`)
    assert.equal(await text('#error'), '422: 99 is <b>too</b> much')
    await type('textarea', '[[1, 2]]')
    await run()
    assert.match(await text('#error'), /^400: .*"x"/)
    await type('textarea', '[[1, 2')
    await run()
    assert.match(await text('fieldset [role=alert]'), /^This is no JSON/)
  })

  test('no digit of a large number is lost', async () => {
    await open('digits')
    await type('textarea', '[9223372036854775807]')
    await run()
    assert.deepEqual(await cells(), ['9223372036854775807'])
  })

  test('a .npy file is dropped; its numbers become those of the input', async () => {
    await open('doubler')
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)
    const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header}\n`, 'latin1')
    const data = Buffer.from(new Float64Array([1.5, 2, 3, 4, 5, -6]).buffer)
    await drop(write('x.npy', Buffer.concat([head, data])))
    assert.match(await text('fieldset'), /x\.npy: FP64 \[2, 3\]/)
    assert.equal(await page.evaluate(`document.querySelector('input[type=number]').value`), '2')
    await run()
    assert.deepEqual((await cells()).slice(0, 6), ['3', '4', '6', '8', '10', '-12'])
    await page.choose('#file-0', [write('bad.npy', Buffer.from('no array'))])
    await page.until(`document.querySelector('fieldset [role=alert]').textContent === 'This is no .npy file'`)
  })

  test('a picture is dropped, and sent in the size and layout of the input', async () => {
    const pixels = { width: 32, height: 16, channels: 3, background: { r: 255, g: 0, b: 51 } } as const
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      await open('picture')
      const file = write(`red.${format}`, await sharp({ create: pixels })[format]({ quality: 100 }).toBuffer())
      await drop(file)
      assert.match(await text('fieldset'), /red\.\w+: 32 × 16/)
      await run()
      assert.match(await text('#outputs article p'), /^UINT8 \[1, 8, 16, 3\], /)
      const [r = NaN, g = NaN, b = NaN] = (await cells()).map(Number)
      assert.ok(r >= 250 && g <= 5 && Math.abs(b - 51) <= 5, `${format}: ${r} ${g} ${b}`)
      const drawn = await page.evaluate(`(() => {
        const canvas = document.querySelector('#outputs canvas')
        return [canvas.width, canvas.height, ...canvas.getContext('2d').getImageData(3, 3, 1, 1).data]
      })()`)
      assert.deepEqual(drawn, [16, 8, r, g, b, 255])
    }
  })

  test('free sizes are those of the picture, until they are changed; its scale is chosen', async () => {
    await open('any picture')
    const pixels = { width: 20, height: 10, channels: 3, background: { r: 255, g: 0, b: 255 } } as const
    await page.choose('#file-0', [write('wide.png', await sharp({ create: pixels }).png().toBuffer())])
    await page.until(`document.querySelector('fieldset canvas').checkVisibility()`)
    await run()
    assert.equal(await text('#outputs article p'), 'FP32 [1, 3, 10, 20], min 0, max 1, mean 0.6666667')
    await type('label:nth-child(2) input[type=number]', '12')
    await page.evaluate(`(() => {
      const select = document.querySelectorAll('fieldset select')[1]
      select.value = '-1 to 1'
      select.dispatchEvent(new Event('input', { bubbles: true }))
    })()`)
    await run()
    assert.equal(await text('#outputs article p'), 'FP32 [1, 3, 12, 20], min -1, max 1, mean 0.3333333')
  })

  test('a model that declares nothing has a row in which all is typed', async () => {
    await open('free')
    await type('.line label:nth-child(1) input', 'z')
    await page.evaluate(`document.querySelector('select').value = 'BYTES'`)
    await type('.line label:nth-child(3) input', '2, 1')
    await type('textarea', '["a", "grüße"]')
    await run()
    assert.equal(await text('#outputs article h3'), 'z')
    assert.equal(await text('#outputs article p'), 'BYTES [2, 1]')
    assert.deepEqual(await cells(), ['"a"', '"grüße"'])
  })

  test('the curl command asks the same', async () => {
    await open('digits')
    await page.evaluate(`document.getElementById('curl').open = true`)
    await page.until(`document.getElementById('command').textContent !== ''`)
    await type('textarea', '[7]')
    const command = await text('#command')
    assert.equal(
      command,
      `curl '${base}/models/digits/infer' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"inputs":[{"name":"n","datatype":"INT64","shape":[1],"data":[7]}]}'`,
    )
  })

  test('names that are HTML are shown and not run', async () => {
    await open(`</script><script>document.title='run'</script>`)
    await run()
    assert.equal(await text('h1'), `</script><script>document.title='run'</script>`)
    assert.equal(await text('legend'), '<img src=x onerror=document.title=1> BYTES [1]')
    assert.equal(await text('#outputs h3'), '<img src=x onerror=document.title=1>')
    assert.match(await page.evaluate('document.title'), /: try it$/)
    assert.equal(await page.evaluate(`document.querySelectorAll('img, b').length`), 0)
  })

  test('nothing was refused by its policy, and nothing thrown', () => {
    assert.deepEqual(page.faults, [])
  })
})
