import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { type MediaPrograms, mediaPeers } from './media-peers.ts'

const programs: MediaPrograms = { ffmpeg: '/a/ffmpeg', ffprobe: '/a/ffprobe', gstLaunch: '/a/gst', python: '/a/python' }

test('programs that are there are given, and nothing is installed', async () => {
  const install = async (): Promise<void> => assert.fail('installed')
  assert.deepEqual(await mediaPeers({ find: async () => programs, install }), { ...programs, skip: false })
})

test('what is missing is installed once, and its failure is a reason to skip', async (t) => {
  const noteFile = path.join(await createTempFolder(t), 'failed')
  let tries = 0
  const install = async (): Promise<void> => {
    tries += 1
    throw Object.assign(new Error('failed'), { stderr: 'a\nno network\n' })
  }
  const options = { find: async () => undefined, install, noteFile }
  const expected = { skip: 'needs media-peers (no network)' }
  assert.deepEqual([await mediaPeers(options), await mediaPeers(options)], [expected, expected])
  assert.equal(tries, 1)
})
