import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pythonPeers } from '../../scripts/tools/python-peers.ts'
import { datatypeCases, shapeCases } from './datatype-cases.ts'
import { type EchoSite, type Language, startEcho } from './echo-function.ts'
import { testEndpoints } from './endpoint-tests.ts'
import { type View, inferForms } from './infer-forms.ts'
import { testInference } from './infer-tests.ts'

const { python = '', skip } = await pythonPeers()
const languages: [language: Language, skip: string | false][] = [
  ['TypeScript', false],
  ['Python', false],
  ['Python with NumPy', skip],
]

for (const [language, skip] of languages) {
  describe(`the Open Inference Protocol, answered in ${language}`, { skip }, () => {
    const cleanups: (() => Promise<void> | void)[] = []
    let site: EchoSite
    const platform = language === 'TypeScript' ? 'pelton_nodejs' : 'pelton_python'
    before(async () => {
      const env = language === 'Python with NumPy' ? { PELTON_PYTHON: python } : {}
      site = await startEcho({ after: (action) => void cleanups.unshift(action) }, language, { env })
    })
    after(async () => {
      for (const cleanup of cleanups) await cleanup()
    })

    testEndpoints(() => site, platform)

    for (const one of datatypeCases) {
      test(`${one.datatype}: every form and shape comes back as it was sent`, async () => {
        const wrong: unknown[] = []
        for (const form of inferForms.filter((form) => form.has(one))) {
          for (const [shape, count] of shapeCases) {
            for (const view of ['json', 'tensors'] satisfies View[]) {
              const { found, expected } = await form.exchange(site, { one, shape, count, view })
              if (!isEqual(found, expected)) wrong.push({ form: form.name, shape, view, found, expected })
            }
          }
        }
        assert.deepEqual(wrong, [])
      })
    }

    testInference(() => site)
  })
}

function isEqual(found: unknown, expected: unknown): boolean {
  try {
    assert.deepEqual(found, expected)
    return true
  } catch (error) {
    if (error instanceof assert.AssertionError) return false
    throw error
  }
}
