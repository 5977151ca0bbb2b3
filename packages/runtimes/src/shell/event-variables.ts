import type { EventData } from '@pelton/core'

/** What every command is told, whatever the event: `spec.env`, and a PATH where that names none. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What of an event a command is told by its environment: nuclio's variables. */
export function eventVariables(event: EventData, triggerClass = ''): Record<string, string> {
  const { id, contentType, timestamp, path, url, method, shardId, trigger, extra } = event
  const variables = {
    NUCLIO_EVENT_ID: id,
    NUCLIO_EVENT_CONTENT_TYPE: contentType,
    NUCLIO_EVENT_TIMESTAMP: toRfc3339(timestamp),
    NUCLIO_EVENT_PATH: path,
    NUCLIO_EVENT_URL: url,
    NUCLIO_EVENT_METHOD: method,
    NUCLIO_EVENT_SHARD_ID: String(shardId),
    NUCLIO_EVENT_NUM_SHARDS: String(numberOf(extra?.['num_shards'])),
    NUCLIO_EVENT_TYPE: textOf(extra?.['type']),
    NUCLIO_EVENT_TYPE_VERSION: textOf(extra?.['type_version']),
    NUCLIO_EVENT_VERSION: textOf(extra?.['version']),
    NUCLIO_TRIGGER_CLASS: triggerClass,
    NUCLIO_TRIGGER_KIND: trigger.kind,
  }
  // The system ends a variable at a NUL: one that a caller sends must not keep the command from being started.
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replaceAll('\0', '')]))
}

/** To the second, as nuclio writes it. */
function toRfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
