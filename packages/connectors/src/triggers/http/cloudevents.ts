import type { Bytes, EventData, HeaderMap } from '@pelton/core'
import { readBinary } from './cloudevents-binary.ts'
import { readStructured } from './cloudevents-structured.ts'

/** What a CloudEvent says that a plain request does not; absent members keep the request's. */
export interface CloudEvent {
  id?: string
  timestamp?: Date
  contentType?: string
  /** Replaces the trigger's kind and name in the event (0.1). */
  trigger?: { kind: string; name: string }
  /** Replaces the request's headers (0.1 structured). */
  headers?: HeaderMap
  /** Replaces the request's body (structured). */
  body?: Bytes
  extra: CloudEventExtra
}

/** What the handler side lifts onto the event. */
export interface CloudEventExtra extends Record<string, unknown> {
  type: string
  version: string
  type_version?: string
  source?: string
  subject?: string
  dataschema?: string
  extensions: Record<string, unknown>
}

/** A CloudEvent, or why a request that claims to be one is none; undefined for every other request. */
export type CloudEventReading = { event: CloudEvent } | { status: 400 | 415; reason: string } | undefined

/** What is looked at in a request. */
export interface CloudEventSource {
  contentType: string
  header(name: string): string | undefined
  /** Only read for binary events. */
  readonly headers: HeaderMap
  readonly body: Bytes
}

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
