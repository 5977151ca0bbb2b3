import type { EventData } from '@pelton/core'
import type { CloudEvent, CloudEventReading, CloudEventSource } from './cloudevent.ts'
import { readBinary } from './cloudevents-binary.ts'
import { readStructured } from './cloudevents-structured.ts'

/** Whether a request may be a CloudEvent: cheap, for every request. */
export function mayBeCloudEvent(source: Pick<CloudEventSource, 'header'>): boolean {
  return (
    isCloudEventType(source.header('content-type') ?? '') ||
    source.header('ce-specversion') !== undefined ||
    source.header('ce-cloudeventsversion') !== undefined
  )
}

/** Reads CloudEvents 0.1 and 1.0, structured and binary (HTTP protocol binding §3). Never throws. */
export function readCloudEvent(source: CloudEventSource): CloudEventReading {
  if (isCloudEventType(source.contentType)) return readStructured(source.contentType, source.body)
  return readBinary(source)
}

/** The event with what the CloudEvent says about it. */
export function asCloudEvent(event: EventData, { extra, ...said }: CloudEvent): EventData {
  const { id, attempt, trigger, timestamp, method, path, url, contentType, headers, fields, body } = event
  const { shardId, offset, topic } = event
  const request = { id, attempt, trigger, timestamp, method, path, url, contentType, headers, fields, body }
  return { ...request, shardId, offset, topic, ...said, extra }
}

function isCloudEventType(contentType: string): boolean {
  return contentType.length >= 23 && contentType.slice(0, 23).toLowerCase() === 'application/cloudevents'
}
