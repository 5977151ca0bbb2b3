/** Where the function's answers go. */
export interface SinkTargets {
  webhookPort: number
  websocketPort: number
}

/** Most bytes of a message that the trigger takes. */
export const mostMessageBytes = 65_536
/** A peer that answers no ping is gone after about two of them. */
export const pingMs = 1000

/** The function file of the soak: every limit is small, so that peers can reach it. */
export function functionFile({ webhookPort, websocketPort }: SinkTargets): string {
  return `apiVersion: pelton/v1
metadata:
  name: peers
spec:
  handler: handler.mjs
  terminationGracePeriod: 10s
  triggers:
    chat:
      kind: websocket
      numWorkers: 2
      concurrency: 16
      attributes:
        websocket_addr: 127.0.0.1:0
        max_message_bytes: ${mostMessageBytes}
        max_backlog_bytes: 262144
        ping_interval: ${pingMs}ms
        sinks:
          - kind: webhook
            attributes:
              url: http://127.0.0.1:${webhookPort}/
              timeout: 500ms
              retryDelay: 20ms
              maxRetries: 2
              queue_size: 512
          - kind: websocket
            attributes:
              url: ws://127.0.0.1:${websocketPort}/
              timeout: 500ms
              messageType: text
              queue_size: 512
    tick:
      kind: cron
      numWorkers: 1
      attributes:
        interval: 50ms
        event:
          body: tick
`
}
