/** A header block that breaks RFC 7541: the connection's table is lost with it (COMPRESSION_ERROR). Says what is wrong. */
export class HpackError extends Error {}
