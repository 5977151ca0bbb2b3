import { Buffer } from 'node:buffer'
import { MalformedMessage } from '../protobuf/malformed-message.ts'
import { WireReader } from '../protobuf/wire-reader.ts'
import { WireWriter } from '../protobuf/wire-writer.ts'
import { type DescriptorIndex, indexDescriptors } from './descriptor-index.ts'
import { type GrpcService, type GrpcStream, type StreamListener, grpcCode } from './grpc-service.ts'

/** A request is a name, and comes back in its answer. */
const maxMessageBytes = 4_096
/** A client that does not take so much is not read any more. */
const maxUnsentBytes = 262_144

/** The oneof of `ServerReflectionRequest`. */
const asked = { fileByName: 3, fileOfSymbol: 4, fileOfExtension: 5, extensionsOfType: 6, services: 7 } as const
/** The oneof of `ServerReflectionResponse`. */
const answered = { files: 4, services: 6, error: 7 } as const

interface Question {
  /** A field of `asked`; 0 when there is none. */
  kind: number
  name: string
  host: string
}

/**
 * `grpc.reflection.v1.ServerReflection` and the same of `v1alpha`, which tell of the given services and of themselves.
 * There are no extensions to tell of: those questions are answered with NOT_FOUND. When `stopping` aborts, streams end with
 * UNAVAILABLE: clients keep them open as long as they live.
 */
export function createReflectionService(services: readonly GrpcService[], stopping?: AbortSignal): GrpcService[] {
  const names: string[] = []
  let loading: Promise<DescriptorIndex> | undefined
  const opened = new Set<Reflection>()
  stopping?.addEventListener('abort', () => opened.forEach((reflection) => reflection.stop()), { once: true })
  const load = (): Promise<DescriptorIndex> => (loading ??= loadIndex([...services, ...own]))
  const own = versions.map(({ name, descriptors }): GrpcService => {
    const open = (stream: GrpcStream): StreamListener => {
      const reflection = new Reflection(stream, { services: names, load, onClosed: () => opened.delete(reflection) })
      opened.add(reflection)
      if (stopping?.aborted) reflection.stop()
      return reflection
    }
    return { name, methods: { ServerReflectionInfo: { kind: 'stream', maxMessageBytes, open } }, descriptors }
  })
  names.push(...new Set([...services, ...own].map(({ name }) => name)))
  names.sort()
  return own
}

const versions = [
  {
    name: 'grpc.reflection.v1.ServerReflection',
    descriptors: async (): Promise<Uint8Array> =>
      Buffer.from((await import('./reflection-descriptor-set.ts')).descriptorSet, 'base64'),
  },
  {
    name: 'grpc.reflection.v1alpha.ServerReflection',
    descriptors: async (): Promise<Uint8Array> =>
      Buffer.from((await import('./reflection-alpha-descriptor-set.ts')).descriptorSet, 'base64'),
  },
]

async function loadIndex(services: readonly GrpcService[]): Promise<DescriptorIndex> {
  const sets = await Promise.all(services.map(async ({ descriptors }) => descriptors?.()))
  return indexDescriptors(sets.filter((set) => set !== undefined).map(asBuffer))
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

interface ReflectionParts {
  services: readonly string[]
  load: () => Promise<DescriptorIndex>
  onClosed: () => void
}

/** One stream of questions, answered in order. */
class Reflection implements StreamListener {
  readonly #stream: GrpcStream
  readonly #services: readonly string[]
  readonly #onClosed: () => void
  #index: DescriptorIndex | undefined
  /** What came before the index was there; the stream is paused then, so they are few. */
  #early: Buffer[] = []
  #isHalfClosed = false
  #isPaused = true

  constructor(stream: GrpcStream, { services, load, onClosed }: ReflectionParts) {
    this.#stream = stream
    this.#services = services
    this.#onClosed = onClosed
    stream.pause()
    load().then(
      (index) => this.#start(index),
      (error) => stream.end({ code: grpcCode.internal, message: `the descriptors cannot be read: ${String(error)}` }),
    )
  }

  message(bytes: Buffer): void {
    if (this.#index) this.#answer(bytes, this.#index)
    else this.#early.push(bytes)
  }

  halfClosed(): void {
    this.#isHalfClosed = true
    if (this.#index) this.#stream.end()
  }

  drained(): void {
    if (!this.#isPaused || !this.#index) return
    this.#isPaused = false
    this.#stream.resume()
  }

  closed(): void {
    this.#early = []
    this.#isPaused = false
    this.#onClosed()
  }

  /** The server is about to end. */
  stop(): void {
    this.#stream.end({ code: grpcCode.unavailable, message: 'the server is shutting down' })
  }

  #start(index: DescriptorIndex): void {
    this.#index = index
    for (const bytes of this.#early.splice(0)) this.#answer(bytes, index)
    if (this.#isHalfClosed) this.#stream.end()
    if (this.#stream.unsentBytes <= maxUnsentBytes) this.drained()
  }

  #answer(bytes: Buffer, index: DescriptorIndex): void {
    try {
      this.#stream.send(encodeAnswer(bytes, readQuestion(bytes), this.#services, index))
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      const message = `not a ServerReflectionRequest: ${error.message}`
      this.#stream.end({ code: grpcCode.invalidArgument, message })
    }
    if (this.#isPaused || this.#stream.unsentBytes <= maxUnsentBytes) return
    this.#isPaused = true
    this.#stream.pause()
  }
}

function readQuestion(bytes: Buffer): Question {
  const question: Question = { kind: 0, name: '', host: '' }
  const reader = new WireReader(bytes)
  for (let key = reader.next(); key !== 0; key = reader.next()) {
    const field = key >>> 3
    if (field === 1) question.host = reader.text(key)
    else if (field < asked.fileByName || field > asked.services) reader.skip(key)
    else {
      question.kind = field
      question.name = reader.text(key)
    }
  }
  return question
}

/** A `ServerReflectionResponse`, written from its end. */
function encodeAnswer(
  request: Buffer,
  question: Question,
  services: readonly string[],
  index: DescriptorIndex,
): Uint8Array {
  const writer = new WireWriter().start()
  const mark = writer.mark()
  if (question.kind === asked.services) {
    writeServices(writer, services)
    writer.embed(answered.services, mark)
  } else {
    const files = filesFor(question, index)
    if (files) for (const file of files.toReversed()) writer.bytes(1, file)
    else writeError(writer, question)
    writer.embed(files ? answered.files : answered.error, mark)
  }
  writer.bytes(2, request)
  if (question.host !== '') writer.text(1, question.host)
  return writer.finish()
}

function filesFor({ kind, name }: Question, index: DescriptorIndex): Uint8Array[] | undefined {
  if (kind === asked.fileByName) return index.fileByName(name)
  return kind === asked.fileOfSymbol ? index.fileOfSymbol(name) : undefined
}

/** A `ListServiceResponse`. */
function writeServices(writer: WireWriter, services: readonly string[]): void {
  for (const name of services.toReversed()) {
    const mark = writer.mark()
    writer.text(1, name)
    writer.embed(1, mark)
  }
}

/** An `ErrorResponse`. */
function writeError(writer: WireWriter, { kind }: Question): void {
  const isQuestion = kind !== 0
  writer.text(2, isQuestion ? 'nothing here is called so' : 'no question')
  writer.uint(1, isQuestion ? grpcCode.notFound : grpcCode.invalidArgument)
}
