import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { triggerSettings } from '@pelton/testkit'
import manifest from './index.ts'
import { rulesOf } from './rules.ts'

const least = { type: 'preprocessor', port: 0 }

describe('rules of a trigger', () => {
  test('what fails is answered, with compat: digitalhub it goes on; onError decides otherwise', () => {
    for (const compat of ['none', 'nuclio'] as const) {
      const { passesErrors, phaseTimeoutMs } = rulesOf(triggerSettings(manifest, { attributes: least, compat }))
      assert.deepEqual({ passesErrors, phaseTimeoutMs }, { passesErrors: false, phaseTimeoutMs: 1000 })
    }
    const digitalhub = rulesOf(triggerSettings(manifest, { attributes: least, compat: 'digitalhub' }))
    assert.deepEqual([digitalhub.passesErrors, digitalhub.phaseTimeoutMs], [true, 150])
    const attributes = { ...least, onError: 'immediate', phaseTimeoutMs: 700 }
    const named = rulesOf(triggerSettings(manifest, { attributes, compat: 'digitalhub' }))
    assert.deepEqual([named.passesErrors, named.phaseTimeoutMs], [false, 700])
  })

  test('each type has the directions that it is named for', () => {
    const handles = Object.fromEntries(
      ['preprocessor', 'postprocessor', 'wrapprocessor', 'observeprocessor'].map((type) => {
        const { handles, observes } = rulesOf(triggerSettings(manifest, { attributes: { ...least, type } }))
        return [type, { ...handles, observes }]
      }),
    )
    assert.deepEqual(handles, {
      preprocessor: { request: true, response: false, observes: false },
      postprocessor: { request: false, response: true, observes: false },
      wrapprocessor: { request: true, response: true, observes: false },
      observeprocessor: { request: true, response: true, observes: true },
    })
  })

  test('a body limit of 0 is the most that a worker takes', () => {
    const processingOptions = { perRequestBodyBufferBytes: 0 }
    const { maxBodyBytes } = rulesOf(triggerSettings(manifest, { attributes: { ...least, processingOptions } }))
    assert.equal(maxBodyBytes, 128 * 1024 * 1024)
  })
})
