import assert from 'node:assert/strict'
import { test } from 'node:test'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor/index.js'
import { root } from '../tools/repository.ts'
import { renderDescriptorSets } from './descriptor-sets.ts'

interface DeclaredFile {
  name: string
  package: string
  dependency: string[]
  messageType: {
    name: string
    field: { name: string; typeName: string }[]
    nestedType: { options?: { mapEntry: boolean } }[]
  }[]
  service: { name: string; method: object[] }[]
}

function readSets(): Map<string, DeclaredFile[]> {
  const sets = [...renderDescriptorSets(root)].map(([module, text]): [string, DeclaredFile[]] => {
    const bytes = Buffer.from(text.match(/'(.+)'/)?.[1] ?? '', 'base64')
    const message = descriptor.FileDescriptorSet.decode(bytes)
    return [module, (descriptor.FileDescriptorSet.toObject(message, { arrays: true }) as { file: DeclaredFile[] }).file]
  })
  return new Map(sets)
}

const sets = readSets()
const extProc = sets.get('packages/protocols/src/ext-proc/descriptor-set.ts') ?? []
const processor = extProc.at(-1)

test('every set is closed: what a file imports comes before it', () => {
  assert.ok(sets.size > 0)
  for (const [module, files] of sets) {
    const before = new Set<string>()
    for (const { name, dependency } of files) {
      for (const imported of dependency) assert.ok(before.has(imported), `${imported} of ${name} in ${module}`)
      before.add(name)
    }
  }
})

test('types are named in full, and a map is a repeated entry', () => {
  assert.equal(processor?.package, 'envoy.service.ext_proc.v3')
  const request = processor.messageType.find(({ name }) => name === 'ProcessingRequest')
  const typeOf = (field: string): string | undefined => request?.field.find(({ name }) => name === field)?.typeName
  assert.equal(typeOf('metadata_context'), '.envoy.config.core.v3.Metadata')
  assert.equal(typeOf('attributes'), '.envoy.service.ext_proc.v3.ProcessingRequest.AttributesEntry')
  assert.equal(request?.nestedType[0]?.options?.mapEntry, true)
})

test('streaming methods say so', () => {
  const type = '.envoy.service.ext_proc.v3.Processing'
  assert.deepEqual(
    processor?.service.map(({ name, method }) => [name, method]),
    [
      [
        'ExternalProcessor',
        [
          {
            name: 'Process',
            inputType: `${type}Request`,
            outputType: `${type}Response`,
            clientStreaming: true,
            serverStreaming: true,
          },
        ],
      ],
    ],
  )
})

test('another library makes types of them', () => {
  for (const [module, file] of sets) {
    const set = descriptor.FileDescriptorSet.fromObject({ file })
    // The extension adds it; its types know of the other direction only.
    const { fromDescriptor } = protobuf.Root as unknown as { fromDescriptor(set: object): protobuf.Root }
    assert.ok(fromDescriptor(set).nestedArray.length > 0, module)
  }
})
