import type { Bytes } from './event.ts'

/** Response headers in order; a name may stand more than once. */
export type HeaderList = [name: string, value: string][]

/** Text, or JSON, which is text; or bytes. Message transports send the one as text and the other as binary messages. */
export type BodyType = 'text' | 'bytes'

/** What the handler answered, once its result has been read. */
export interface Response {
  /** 200 to 599. */
  status: number
  /** Without `content-type`: that is `contentType`. */
  headers: HeaderList
  /** Empty: the handler named none and the body does not suggest one. */
  contentType: string
  /** `undefined`: the handler said nothing. In a stream each value is one chunk. */
  body: Bytes | AsyncIterable<Bytes> | undefined
  /** What the handler gave as the body, whatever its content type says; absent: not known, or a stream (see `chunkType`). */
  bodyType?: BodyType
  /** What the kind's handler side put there for its own trigger; everyone else ignores it. */
  extra?: Record<string, unknown>
}
