import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { pythonPeers } from './python-peers.ts'

const peers = await pythonPeers()

test('its interpreter has every package', { skip: peers.skip }, () => {
  const code =
    'import grpc, grpc_health, grpc_reflection, msgpack, numpy, nuclio_sdk, tritonclient.grpc, tritonclient.http; print("all")'
  assert.equal(spawnSync(String(peers.python), ['-c', code], { encoding: 'utf8' }).stdout, 'all\n')
})

test('it is made once, however many ask at a time and later', async (t) => {
  const folder = path.join(await createTempFolder(t), 'python')
  let made = 0
  const make = async (): Promise<void> => {
    made++
    fs.mkdirSync(folder)
  }
  const asked = await Promise.all([1, 2, 3].map(() => pythonPeers({ folder, make })))
  asked.push(await pythonPeers({ folder, make }))
  assert.equal(made, 1)
  for (const one of asked) assert.deepEqual(one, { python: path.join(folder, 'bin/python'), skip: false })
})

test('one that was left half-made, with its lock, is made again', async (t) => {
  const folder = path.join(await createTempFolder(t, { 'python/half': '' }), 'python')
  const gone = spawnSync(process.execPath, ['-e', '']).pid
  fs.writeFileSync(`${folder}.lock`, String(gone))
  const make = async (): Promise<void> => fs.mkdirSync(folder)
  await pythonPeers({ folder, make })
  assert.deepEqual(fs.readdirSync(folder), ['made-with.txt'])
})

test('a failure is told by its last line as a reason to skip, and not tried again at once', async (t) => {
  const folder = path.join(await createTempFolder(t), 'python')
  let tries = 0
  const make = async (): Promise<void> => {
    tries++
    throw Object.assign(new Error('Command failed'), { stderr: 'collecting\nno such index\n' })
  }
  assert.equal((await pythonPeers({ folder, make })).skip, 'needs python-peers (no such index)')
  assert.equal((await pythonPeers({ folder, make })).python, undefined)
  assert.equal(tries, 1)
})
