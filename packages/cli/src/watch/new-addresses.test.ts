import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SinkStatus, TriggerStatus } from '@pelton/processor'
import { newAddresses } from './new-addresses.ts'

function trigger(name: string, urls: string[], sinks: Record<string, string | undefined> = {}): TriggerStatus {
  const shown = Object.entries(sinks).map(([sink, url]): SinkStatus => ({
    name: sink,
    kind: 'mjpeg',
    open: true,
    ...(url === undefined ? {} : { url }),
  }))
  const workers = { placement: 'dispatched', placementReason: '', numWorkers: 1, concurrency: 1 } as const
  return { name, kind: 'http', ...workers, ready: true, urls, sinks: shown }
}

test('addresses of triggers and sinks are new that nobody had before', () => {
  const before = { triggers: [trigger('web', ['http://a:1'], { screen: 'http://a:2/x', hook: undefined })] }
  const after = {
    triggers: [
      trigger('web', ['http://a:3'], { screen: 'http://a:2/y', hook: undefined }),
      trigger('renamed', ['http://a:1'], { screen: 'http://a:2/x' }),
    ],
  }
  assert.deepEqual(newAddresses(before, after), [
    { name: 'web', url: 'http://a:3' },
    { name: 'web', sink: 'screen', url: 'http://a:2/y' },
  ])
  assert.deepEqual(newAddresses(after, after), [])
})
