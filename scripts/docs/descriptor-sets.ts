import fs from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor/index.js'

const folder = 'packages/protocols/protos'
const common = '/** A serialized `FileDescriptorSet` in Base64, made by `npm run docs` of'
/** The modules that hold descriptor sets, and which files they are made of; what those import comes with them. */
const modules: readonly (readonly [file: string, proto: string])[] = [
  ['packages/protocols/src/ext-proc/descriptor-set.ts', 'envoy/service/ext_proc/v3/external_processor.proto'],
  ['packages/protocols/src/grpc/health-descriptor-set.ts', 'grpc/health/v1/health.proto'],
  ['packages/protocols/src/grpc/reflection-descriptor-set.ts', 'grpc/reflection/v1/reflection.proto'],
  ['packages/protocols/src/grpc/reflection-alpha-descriptor-set.ts', 'grpc/reflection/v1alpha/reflection.proto'],
  ['packages/protocols/src/inference/grpc/descriptor-set.ts', 'inference.proto'],
]

/** File name → text of the modules with what `packages/protocols/protos` declares, for gRPC reflection. */
export function renderDescriptorSets(root: string): Map<string, string> {
  return new Map(
    modules.map(([file, proto]) => {
      const set = Buffer.from(describeProto(path.join(root, folder), proto)).toString('base64')
      const text = `${common} \`${folder}/${proto}\`. */\nexport const descriptorSet: string =\n  '${set}'\n`
      return [file, text]
    }),
  )
}

/** The serialized `FileDescriptorSet` of a file and all that it imports, which come before it. */
function describeProto(protos: string, name: string): Uint8Array {
  const root = new protobuf.Root()
  const files = parseFiles(protos, name, root)
  root.resolveAll()
  const file = files.map((parsed) => describeFile(parsed, root))
  return descriptor.FileDescriptorSet.encode(descriptor.FileDescriptorSet.fromObject({ file })).finish()
}

interface ParsedFile {
  name: string
  package: string
  imports: string[]
  /** Of what it declares itself: several files may be of one package. */
  names: string[]
}

/** Adds a file and what it imports to `root`. */
function parseFiles(protos: string, name: string, root: protobuf.Root, seen = new Set<string>()): ParsedFile[] {
  if (seen.has(name)) return []
  seen.add(name)
  const source = fs.readFileSync(path.join(protos, name), 'utf8')
  protobuf.parse(source, root, { keepCase: true })
  const { package: scope = '', imports = [], root: own } = protobuf.parse(source, new protobuf.Root())
  const names = (own.lookup(scope) as protobuf.Namespace).nestedArray.map((object) => object.name)
  return [...imports.flatMap((file) => parseFiles(protos, file, root, seen)), { name, package: scope, imports, names }]
}

function describeFile({ name, package: scope, imports, names }: ParsedFile, root: protobuf.Root): object {
  const { nestedArray } = root.lookup(scope) as protobuf.Namespace
  const own = nestedArray.filter((object) => names.includes(object.name))
  return {
    name,
    package: scope,
    dependency: imports,
    messageType: own.filter((object) => object instanceof protobuf.Type).map(describeMessage),
    enumType: own.filter((object) => object instanceof protobuf.Enum).map(describeEnum),
    service: own.filter((object) => object instanceof protobuf.Service).map(describeService),
    syntax: 'proto3',
  }
}

function describeMessage(type: protobuf.Type): object {
  const maps = type.fieldsArray.filter((field) => field instanceof protobuf.MapField)
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => describeField(field, type)),
    nestedType: [
      ...type.nestedArray.filter((object) => object instanceof protobuf.Type).map(describeMessage),
      ...maps.map(describeEntry),
    ],
    enumType: type.nestedArray.filter((object) => object instanceof protobuf.Enum).map(describeEnum),
    oneofDecl: type.oneofsArray.map(({ name }) => ({ name })),
  }
}

function describeField(field: protobuf.Field, type: protobuf.Type): object {
  const { name, id: number } = field
  const jsonName = protobuf.util.camelCase(name)
  if (field instanceof protobuf.MapField) {
    const typeName = `${type.fullName}.${entryName(field)}`
    return { name, number, jsonName, label: 'LABEL_REPEATED', type: 'TYPE_MESSAGE', typeName }
  }
  const label = field.repeated ? 'LABEL_REPEATED' : 'LABEL_OPTIONAL'
  const oneof = field.partOf ? { oneofIndex: type.oneofsArray.indexOf(field.partOf) } : {}
  return { name, number, jsonName, label, ...describeType(field), ...oneof }
}

/** A map is a repeated message with the fields `key` and `value`. */
function describeEntry(field: protobuf.MapField): object {
  const label = 'LABEL_OPTIONAL'
  return {
    name: entryName(field),
    field: [
      { name: 'key', number: 1, jsonName: 'key', label, type: `TYPE_${field.keyType.toUpperCase()}` },
      { name: 'value', number: 2, jsonName: 'value', label, ...describeType(field) },
    ],
    options: { mapEntry: true },
  }
}

function entryName({ name }: protobuf.MapField): string {
  return `${protobuf.util.ucFirst(protobuf.util.camelCase(name))}Entry`
}

function describeType({ type, resolvedType }: Pick<protobuf.Field, 'type' | 'resolvedType'>): object {
  if (resolvedType === null) return { type: `TYPE_${type.toUpperCase()}` }
  const kind = resolvedType instanceof protobuf.Enum ? 'TYPE_ENUM' : 'TYPE_MESSAGE'
  return { type: kind, typeName: resolvedType.fullName }
}

function describeEnum({ name, values }: protobuf.Enum): object {
  return { name, value: Object.entries(values).map(([key, number]) => ({ name: key, number })) }
}

function describeService({ name, methodsArray }: protobuf.Service): object {
  return { name, method: methodsArray.map(describeMethod) }
}

function describeMethod(method: protobuf.Method): object {
  return {
    name: method.name,
    inputType: method.resolvedRequestType?.fullName,
    outputType: method.resolvedResponseType?.fullName,
    clientStreaming: method.requestStream ?? false,
    serverStreaming: method.responseStream ?? false,
  }
}
