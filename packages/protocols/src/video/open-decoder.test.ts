import assert from 'node:assert/strict'
import { chmod, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Shared } from '@pelton/core'
import { createTempFolder } from '@pelton/testkit'
import { createDecodingThreads, type DecodingThreads } from './threads/decoding-threads.ts'
import { notingTaker } from './fixtures/noting-taker.ts'
import { createVideoDecoders } from './open-decoder.ts'
import { videoDecoders } from './video-decoders.ts'

test('the first that opens is taken, in the order of what they can; a processor has one set of threads', async (t) => {
  const made: DecodingThreads[] = []
  const shared = <T>(token: Shared<T>): T => {
    made.push(createDecodingThreads())
    t.after(() => made[0]!.close())
    assert.equal(token.key, 'decoding-threads')
    return made[0] as T
  }
  const decoders = await videoDecoders({ shared }, '/nowhere')
  const decoder = await decoders.open({ codec: 'h264', format: 'jpeg', taker: notingTaker() })
  assert.equal(decoder.by, 'node-av')
  decoder.close()
})

test('webcodecs makes no JPEG without jpeg-turbo, but pixels', async (t) => {
  const threads = createDecodingThreads()
  t.after(() => threads.close())
  const module = createRequire(import.meta.url).resolve('@napi-rs/webcodecs')
  const facts = { by: '@napi-rs/webcodecs', codec: 'h264', module, turbo: undefined, taker: notingTaker() } as const
  await assert.rejects(threads.open({ ...facts, format: 'jpeg' }), /JPEGs only with @julusian\/jpeg-turbo/)
  const decoder = await threads.open({ ...facts, format: 'rgb' })
  decoder.close()
})

test('without a decoder it says what was tried and what to install', async (t) => {
  const folder = await createTempFolder(t, { 'package.json': '{}' })
  const threads = createDecodingThreads()
  t.after(() => threads.close())
  const decoders = createVideoDecoders({ folder, threads, from: pathToFileURL(join(folder, 'x.js')).href, path: '' })
  await assert.rejects(decoders.open({ codec: 'h265', format: 'jpeg', taker: notingTaker() }), {
    code: 'no_video_decoder',
    message:
      'Nothing that is installed decodes h265: node-av is not installed; @napi-rs/webcodecs is not installed; there is no ffmpeg on the PATH',
    help: /npm install node-av/,
    retryable: false,
  })
})

test('JPEGs need jpeg-turbo alone where node-av is not installed, and webcodecs is not asked', async (t) => {
  const folder = await createTempFolder(t, { 'package.json': '{}' })
  const threads = createDecodingThreads()
  t.after(() => threads.close())
  const from = pathToFileURL(join(folder, 'x.js')).href
  const nothing = createVideoDecoders({ folder, threads, from, path: '' })
  await assert.rejects(nothing.open({ codec: 'jpeg', format: 'rgb', taker: notingTaker() }), {
    code: 'no_video_decoder',
    message:
      'Nothing that is installed decodes jpeg: node-av is not installed; @julusian/jpeg-turbo is not installed; there is no ffmpeg on the PATH',
  })
  const turbo = createVideoDecoders({
    folder,
    threads,
    path: '',
    among: ['@napi-rs/webcodecs', '@julusian/jpeg-turbo'],
  })
  const decoder = await turbo.open({ codec: 'jpeg', format: 'i420', taker: notingTaker() })
  assert.equal(decoder.by, '@julusian/jpeg-turbo')
  decoder.close()
  await assert.rejects(turbo.open({ codec: 'jpeg', format: 'jpeg', taker: notingTaker() }), /it makes pixels of JPEGs/)
})

test('packages that do not load and programs that know no such codec are passed over with the reason', async (t) => {
  const folder = await createTempFolder(t, {
    'package.json': '{}',
    'node_modules/node-av/package.json': '{ "exports": { "./lib": "./lib.js" } }',
    'node_modules/node-av/lib.js': 'throw new Error("wrong platform")',
    'bin/ffmpeg': '#!/bin/sh\necho "Codec is not recognized"\n',
  })
  await mkdir(join(folder, 'empty'))
  await chmod(join(folder, 'bin/ffmpeg'), 0o755)
  const threads = createDecodingThreads()
  t.after(() => threads.close())
  const from = pathToFileURL(join(folder, 'empty/x.js')).href
  const decoders = createVideoDecoders({ folder, threads, from, path: join(folder, 'bin') })
  await assert.rejects(decoders.open({ codec: 'h264', format: 'jpeg', taker: notingTaker() }), {
    message: /node-av: wrong platform; .*not installed; ffmpeg: it has no decoder of h264/,
  })
})

test('a package of the function that does not load gives way to the one that Pelton has', async (t) => {
  const folder = await createTempFolder(t, {
    'package.json': '{}',
    'node_modules/node-av/package.json': '{ "exports": { "./lib": "./lib.js" } }',
    'node_modules/node-av/lib.js': 'throw new Error("wrong platform")',
  })
  const threads = createDecodingThreads()
  t.after(() => threads.close())
  const decoders = createVideoDecoders({ folder, threads, path: '' })
  const decoder = await decoders.open({ codec: 'h264', format: 'rgb', taker: notingTaker() })
  assert.equal(decoder.by, 'node-av')
  decoder.close()
})
