/** Bytes that are no protobuf message, or not the one that was asked for. Says what is wrong with them. */
export class MalformedMessage extends Error {}
