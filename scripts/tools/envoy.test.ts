import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { envoy } from './envoy.ts'

const found = await envoy()

test('its program is a release that knows FULL_DUPLEX_STREAMED', { skip: found.skip }, () => {
  const { stdout } = spawnSync(String(found.binary), ['--version'], { encoding: 'utf8' })
  const [, major, minor] = /\/(\d+)\.(\d+)\.\d+\//.exec(stdout) ?? []
  assert.equal(major, '1')
  assert.ok(Number(minor) >= 36, stdout)
})

test('it is found below the folder of whichever Python made the environment', async (t) => {
  const folder = path.join(await createTempFolder(t), 'envoy')
  const binary = path.join(folder, 'lib/python3.9/site-packages/envoy/_bin/envoy')
  const make = async (): Promise<void> => {
    fs.mkdirSync(path.dirname(binary), { recursive: true })
    fs.writeFileSync(binary, '')
  }
  assert.deepEqual(await envoy({ folder, make }), { binary, skip: false })
})

test('a package without the program is a reason to skip, as is one that cannot be had', async (t) => {
  const folder = path.join(await createTempFolder(t), 'envoy')
  const empty = async (at: string): Promise<void> => fs.mkdirSync(at)
  assert.equal((await envoy({ folder, make: empty })).skip, 'needs envoy (the package brought none)')
  const failing = async (): Promise<void> => {
    throw Object.assign(new Error('Command failed'), { stderr: 'collecting\nno such index\n' })
  }
  assert.equal((await envoy({ folder: `${folder}2`, make: failing })).skip, 'needs envoy (no such index)')
})
