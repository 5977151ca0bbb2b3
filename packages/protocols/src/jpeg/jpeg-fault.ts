/** Bytes that are no JPEG image, or break off before its scan. */
export class JpegFault extends Error {}
