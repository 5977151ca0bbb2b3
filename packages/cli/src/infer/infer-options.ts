import type { Terminal } from '../terminal.ts'

/** What `pelton infer` was asked for. */
export interface InferOptions {
  address: string | undefined
  terminal: Terminal
  model?: string
  modelVersion?: string
  input?: string[]
  datatype?: string[]
  shape?: string[]
  layout?: 'nchw' | 'nhwc'
  scale?: string
  mean?: string
  std?: string
  channels?: 'rgb' | 'bgr' | 'gray'
  fit?: 'cover' | 'contain' | 'fill'
  output?: string[]
  save?: string
  json?: boolean
  top?: number
  labels?: string
  parameter?: string[]
  id?: string
  header?: string[]
  timeout?: number
}
