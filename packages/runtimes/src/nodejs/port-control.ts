import type { MessagePort } from 'node:worker_threads'
import type { ResidentControl } from '@pelton/core'

/** Both ends of a resident's line are alike: messages by a port, in order, kept until somebody listens. */
export function portControl(port: MessagePort): ResidentControl {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (handle) => void port.on('message', handle),
  }
}
