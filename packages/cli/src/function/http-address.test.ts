import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FunctionConfig, TriggerConfig } from '@pelton/processor'
import { withHttpAddress } from './http-address.ts'

function configWith(
  ...triggers: { kind: string; url?: string; attributes?: Record<string, unknown>; servesUrl?: boolean }[]
): FunctionConfig {
  const settings = triggers.map(({ attributes = {}, servesUrl = false, ...rest }, index) => ({
    manifest: { manifest: { servesUrl } },
    settings: { name: `t${index}`, attributes, ...rest },
  }))
  return { triggers: settings as unknown as TriggerConfig[] } as FunctionConfig
}

const urls = (config: FunctionConfig): unknown[] => config.triggers.map(({ settings }) => settings.url)

test('--port goes to the first http trigger and leaves the others', () => {
  const config = configWith({ kind: 'cron' }, { kind: 'http' }, { kind: 'http', url: ':9000' })
  assert.deepEqual(urls(withHttpAddress(config, { port: 0 })), [undefined, ':0', ':9000'])
})

test('--port goes to another trigger that serves HTTP where there is no http trigger', () => {
  const models = { kind: 'models', servesUrl: true }
  assert.deepEqual(urls(withHttpAddress(configWith({ kind: 'cron' }, models), { port: 1 })), [undefined, ':1'])
  assert.deepEqual(urls(withHttpAddress(configWith(models, { kind: 'http' }), { port: 1 })), [undefined, ':1'])
})

test('--port keeps the host of the trigger, --host keeps its port', () => {
  const config = configWith({ kind: 'http', url: '127.0.0.1:9000' })
  assert.deepEqual(urls(withHttpAddress(config, { port: 7000 })), ['127.0.0.1:7000'])
  assert.deepEqual(urls(withHttpAddress(config, { host: '0.0.0.0' })), ['0.0.0.0:9000'])
  assert.deepEqual(urls(withHttpAddress(config, { host: '::1', port: 1 })), ['[::1]:1'])
  // The port stays where the trigger finds it.
  const byAttribute = configWith({ kind: 'http', attributes: { port: 9123 } })
  assert.deepEqual(urls(withHttpAddress(byAttribute, { host: 'localhost' })), ['localhost'])
})

test('without the flags nothing changes', () => {
  const config = configWith({ kind: 'http' })
  assert.equal(withHttpAddress(config, {}), config)
})

test('a function without an http trigger has no use for --port', () => {
  assert.throws(() => withHttpAddress(configWith({ kind: 'cron' }), { port: 1 }), { code: 'wrong_usage' })
})
