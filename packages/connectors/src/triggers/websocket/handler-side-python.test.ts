import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

test('from Python text goes out as text, bytes as bytes, and the rest as JSON that every client reads', async () => {
  const script = path.join(import.meta.dirname, 'fixtures', 'call_handler_side.py')
  const { stdout } = await promisify(execFile)('python3', ['-W', 'error', script], { timeout: 30_000 })
  const sent = (text: boolean, body: string): unknown => ['websocket.send', { id: 'id', text }, body]
  assert.deepEqual(JSON.parse(stdout), [
    sent(true, 'text'),
    sent(true, 'NaN'),
    sent(false, 'bytes'),
    sent(false, 'view'),
    sent(true, 'null'),
    sent(true, '{"a": [1, null, null, "Infinity"]}'),
    ['websocket.to', { room: 'red', text: true }, '{"b": true}'],
  ])
})
