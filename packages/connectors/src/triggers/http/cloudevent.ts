import type { Bytes, HeaderMap } from '@pelton/core'

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
